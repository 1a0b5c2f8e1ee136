"""The CRM's quotes: lines in several billing models, totals per currency, and the way to approval."""

"""The ERP's customers and orders: what is invoiced, to whom, with amounts that add up."""

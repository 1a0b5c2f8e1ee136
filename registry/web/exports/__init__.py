"""The catalog in the forms of others: one module per form, each a pure rendering of `usecases.exports`."""

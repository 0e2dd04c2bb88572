"""What pages are made of: theme, formats, filters, figures, charts, tables and the states of a page."""

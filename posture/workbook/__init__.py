"""The workbook: safe sheets (`book`), charts, where things stand (`places`), tables and pages of free form."""

-- What a mask can name: the columns that came from a source; those with an underscore are our own marks on a row.
select lower(schema_name || '.' || table_name || '.' || column_name) as name
from duckdb_columns()
where schema_name in ('spotio', 'salesforce', 'salesscreen') and column_name not like '\_%' escape '\'
    and database_name = current_database()
order by name

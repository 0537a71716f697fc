/** Every table, column, constraint, index, trigger and function of the schema, a line for each. */
export const SCHEMA = `
with lines as (
  select format('column %s.%s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
      case when a.attnotnull then ' not null' else '' end, coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')) as line
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and not c.relispartition
    and a.attnum > 0 and not a.attisdropped
  union all
  select format('constraint %s.%s %s', c.relname, o.conname, pg_get_constraintdef(o.oid))
  from pg_constraint o
  join pg_class c on c.oid = o.conrelid
  -- Newer servers list what is not null as constraints too.
  where c.relnamespace = 'public'::regnamespace and not c.relispartition and o.contype <> 'n'
  union all
  select format('index %s', pg_get_indexdef(i.indexrelid))
  from pg_index i
  join pg_class c on c.oid = i.indrelid
  where c.relnamespace = 'public'::regnamespace and not c.relispartition
  union all
  select format('trigger %s', pg_get_triggerdef(t.oid))
  from pg_trigger t
  join pg_class c on c.oid = t.tgrelid
  where c.relnamespace = 'public'::regnamespace and not t.tgisinternal and not c.relispartition
  union all
  select format('function %s %s', p.oid::regprocedure, md5(p.prosrc))
  from pg_proc p
  where p.pronamespace = 'public'::regnamespace
)
select line from lines order by line collate "C"`;

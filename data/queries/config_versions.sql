-- One line a version; what it changed is told by its audit rows, in the order in which they were written.
select v.number, v.author, v.note, v.published_at,
    count(a.text) as changes,
    string_agg(a.text, ' ' order by a.what) as text
from config.version v
left join config.audit a on a.version = v.number
group by all
order by v.number desc
limit $limit

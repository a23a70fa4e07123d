-- Of all that is known, what makes a record's sequence of appointments and sales: few events of many, so that the
-- whole history of every record fits into little memory.
select * from known
where kind = 'scheduled'
    or (kind = 'stage_moved' and (type_id || ':' || to_stage_id in (select id from turning_stage)
        or type_id || ':' || from_stage_id in (select id from turning_stage)))
    or (kind = 'logged' and (
        template_id || ':' || result_id in (
            select template_id || ':' || result_id from kpi.result_class where appointment_set or sat or sold or cancelled)
        or activity_id in (select activity_id from known where kind = 'scheduled')))
    or kind || ':' || coalesce(template_id, '') in (
        select kind || ':' || coalesce(template_id, '') from kpi.won where kind <> 'stage_moved')

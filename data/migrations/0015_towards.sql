-- Of what the checks block, the system that the write would have gone to; decisions from before are told it when they are made anew.

alter table sync.decision add column towards varchar;

-- What is known without being written again: who brought a licence and when stands in its deed and its id, and the affiliations of a licence
-- are found by its practitioner, who has few.
delete from licence_event where what in ('enrolled', 'brought by a roll');
drop index affiliation_licence;

-- What is known without being written again: who brought a licence and when stands in its deed and its id, and the affiliations of a licence
-- are found by its practitioner, who has few.
delete from licence_event where what in ('enrolled', 'brought by a roll');
drop index affiliation_licence;
-- A system of identifiers has one name (verifier/core/identifier.c). What two people have under two names stays, for somebody to look at.
update or ignore practitioner_identifier set system = case
        when system in ('http://hl7.org/fhir/sid/us-npi', 'urn:oid:2.16.840.1.113883.4.6') then 'npi'
        when system = 'urn:oid:2.16.840.1.113883.4.814' then 'dea'
        when system = 'https://fhir.hl7.org.uk/Id/gmc-number' then 'gmc'
        else lower(system) end
where system in ('http://hl7.org/fhir/sid/us-npi', 'urn:oid:2.16.840.1.113883.4.6', 'urn:oid:2.16.840.1.113883.4.814',
        'https://fhir.hl7.org.uk/Id/gmc-number')
    or (system <> lower(system) and lower(system) in ('npi', 'dea', 'cn-id', 'cn-uscc', 'cn-practice', 'gmc'));

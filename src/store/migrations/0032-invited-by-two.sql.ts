/**
 * Whoever may sign for others is invited by two. Those who were enrolled before stay as far as this server goes by them; what
 * an executor believes stands in its own folder. An invitation that two sign names nobody, so what the person is called is kept
 * beside it.
 */
export const INVITED_BY_TWO_SCHEMA = `
alter table enrolment add column is_by_one boolean not null default true;
alter table enrolment alter column is_by_one set default false;
alter table person_change add column name text not null default '';
`;

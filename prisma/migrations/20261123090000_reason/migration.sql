-- Why a statement is replaced may be said, and need not be.
alter table statement drop constraint statement_check1;

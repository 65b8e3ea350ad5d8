-- Runs once, when the database directory is empty: one role and one database for each application.
-- Neither role is a superuser; passwords come from the container's environment, never from this file.
\getenv throughline_password DATABASE_PASSWORD
\getenv keycloak_password KEYCLOAK_DATABASE_PASSWORD

create role throughline login password :'throughline_password';
create database throughline owner throughline;
revoke connect on database throughline from public;
-- A worker that freezes inside a transaction must not hold the rows of the others for ever.
alter role throughline set idle_in_transaction_session_timeout = '30s';
alter role throughline set lock_timeout = '10s';
alter role throughline set timezone = 'UTC';

create role keycloak login password :'keycloak_password';
create database keycloak owner keycloak;
revoke connect on database keycloak from public;

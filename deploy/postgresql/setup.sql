-- sudo -u postgres psql -f setup.sql; then DATABASE_URL=postgresql://transbinjai@/transbinjai?host=/var/run/postgresql
-- (peer authentication: the system's user transbinjai is the role of that name, without a password)
CREATE ROLE transbinjai LOGIN;
CREATE DATABASE transbinjai OWNER transbinjai ENCODING 'UTF8' TEMPLATE template0;
\connect transbinjai
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO transbinjai;

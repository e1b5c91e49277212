-- A store as the schema's version 4 left it. Never change it: stores in the field look like this.
BEGIN TRANSACTION;
CREATE TABLE alarm (
                    id TEXT PRIMARY KEY,
                    rule TEXT NOT NULL,
                    group_name TEXT NOT NULL,
                    hazard TEXT NOT NULL,
                    labels TEXT NOT NULL,
                    position TEXT,
                    level INTEGER NOT NULL,
                    level_name TEXT NOT NULL,
                    held INTEGER NOT NULL,
                    uncertain INTEGER NOT NULL,
                    raised INTEGER NOT NULL,
                    cleared INTEGER,
                    sequence INTEGER NOT NULL,
                    summary TEXT NOT NULL
                , blind INTEGER NOT NULL DEFAULT 0, acknowledged INTEGER, acknowledged_by TEXT, acknowledged_note TEXT, state TEXT NOT NULL DEFAULT 'normal', suppressed INTEGER NOT NULL DEFAULT 0, flapping TEXT, area TEXT, course TEXT) STRICT;
INSERT INTO "alarm" VALUES('river/open@2018-06-03T20:00:00Z','river','open','flood','{"station":"open"}','{"latitude":38.5,"longitude":-76.5}',2,'watch',1,0,1528056000000000000,NULL,1,'river at 2.5 m',0,NULL,NULL,NULL,'unacknowledged',0,NULL,NULL,NULL);
INSERT INTO "alarm" VALUES('river/over@2018-06-03T20:00:00Z','river','over','flood','{"station":"over"}',NULL,0,'normal',1,0,1528056000000000000,1528056002000000000,2,'river at 2.5 m',0,1528056002000000000,'migration','','normal',0,NULL,NULL,NULL);
INSERT INTO "alarm" VALUES('river/dark@2018-06-03T20:00:00Z','river','dark','flood','{"station":"dark"}',NULL,2,'watch',1,0,1528056000000000000,NULL,1,'no data',1,NULL,NULL,NULL,'unacknowledged',0,NULL,NULL,NULL);
INSERT INTO "alarm" VALUES('river/known@2018-06-03T20:00:00Z','river','known','flood','{"station":"known"}',NULL,2,'watch',1,0,1528056000000000000,NULL,2,'river at 2.5 m',0,1528056002000000000,'ada','seen','acknowledged',0,NULL,NULL,NULL);
INSERT INTO "alarm" VALUES('river/shelf@2018-06-03T20:00:00Z','river','shelf','flood','{"station":"shelf"}',NULL,2,'watch',1,0,1528056000000000000,NULL,1,'river at 2.5 m',0,NULL,NULL,NULL,'shelved',0,NULL,NULL,NULL);
INSERT INTO "alarm" VALUES('river/noisy@2018-06-03T20:00:00Z','river','noisy','flood','{"station":"noisy"}','{"latitude":38.5,"longitude":-76.5}',2,'watch',1,0,1528056000000000000,NULL,2,'river at 2.5 m',0,NULL,NULL,NULL,'unacknowledged',0,'{"causes":[],"changes":3,"condition":"watch","latest":1528056002000000000,"since":1528056000000000000,"summary":"river at 2.5 m"}','[]','{}');
CREATE TABLE aside (
                    rule TEXT NOT NULL,
                    group_name TEXT NOT NULL,
                    kind TEXT NOT NULL,
                    since INTEGER NOT NULL,
                    until INTEGER,
                    person TEXT NOT NULL,
                    reason TEXT NOT NULL,
                    PRIMARY KEY (rule, group_name)
                ) STRICT;
INSERT INTO "aside" VALUES('river','shelf','shelved',1528056000000000000,1528059600000000000,'ada','works');
INSERT INTO "aside" VALUES('river','out','out-of-service',1528056000000000000,NULL,'ada','broken');
CREATE TABLE audit (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    record TEXT NOT NULL,
                    hash TEXT NOT NULL
                ) STRICT;
INSERT INTO "audit" VALUES(1,'{"kind":"started","number":1,"text":"2 devices","time":"2018-06-03T20:00:10Z"}','74306ec80aa7328c81b290b75b2463989cb68ce829c7b420cdb5cca9b48b4e06');
INSERT INTO "audit" VALUES(2,'{"kind":"stopped","number":2,"text":"end of the run","time":"2018-06-03T20:00:11Z"}','af88ec6955b84a9f50e6fc34598cd9cdfceec7b376e8a0e89c754490dcdabbf9');
CREATE TABLE audit_anchor (id INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;
CREATE TABLE batch (
                    first_reading INTEGER PRIMARY KEY,
                    count INTEGER NOT NULL,
                    arrived INTEGER NOT NULL,
                    oldest INTEGER NOT NULL,
                    newest INTEGER NOT NULL
                ) STRICT;
INSERT INTO "batch" VALUES(1,4,1528056004000000000,1528056000000000000,1528056003000000000);
CREATE TABLE escalation (
                    id INTEGER PRIMARY KEY,
                    identity TEXT NOT NULL UNIQUE,
                    alarm TEXT NOT NULL,
                    destination TEXT NOT NULL,
                    severity INTEGER NOT NULL,
                    payload TEXT NOT NULL,
                    created INTEGER NOT NULL,
                    attempts INTEGER NOT NULL DEFAULT 0,
                    error TEXT,
                    delivered INTEGER
                , parked INTEGER) STRICT;
INSERT INTO "escalation" VALUES(1,'river/open@2018-06-03T20:00:00Z#1/up','river/open@2018-06-03T20:00:00Z','up',2,'{"data":{"transition":{"kind":"raised"}},"id":"x"}',1528056001000000000,0,NULL,NULL,NULL);
INSERT INTO "escalation" VALUES(2,'river/over@2018-06-03T20:00:00Z#1/up','river/over@2018-06-03T20:00:00Z','up',2,'{"data":{"transition":{"kind":"raised"}},"id":"x"}',1528056001000000000,1,NULL,1528056002000000000,NULL);
INSERT INTO "escalation" VALUES(3,'river/dark@2018-06-03T20:00:00Z#1/up','river/dark@2018-06-03T20:00:00Z','up',2,'{"data":{"transition":{"kind":"blind"}},"id":"x"}',1528056001000000000,0,NULL,NULL,NULL);
INSERT INTO "escalation" VALUES(4,'river/noisy@2018-06-03T20:00:00Z#1/down','river/noisy@2018-06-03T20:00:00Z','down',2,'{"data":{"transition":{"kind":"raised"}},"id":"x"}',1528056001000000000,1,'refused',NULL,1528056002000000000);
CREATE TABLE forward (destination TEXT PRIMARY KEY, reading INTEGER NOT NULL) STRICT;
INSERT INTO "forward" VALUES('up',3);
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO "grdb_migrations" VALUES('1 readings, alarms, outbox');
INSERT INTO "grdb_migrations" VALUES('2 blind alarms');
INSERT INTO "grdb_migrations" VALUES('3 acknowledgements');
INSERT INTO "grdb_migrations" VALUES('4 alarm life, escalation policies, audit');
CREATE TABLE reading (
                    id INTEGER PRIMARY KEY,
                    series INTEGER NOT NULL,
                    time INTEGER NOT NULL,
                    value REAL,
                    quality INTEGER NOT NULL
                ) STRICT;
INSERT INTO "reading" VALUES(1,1,1528056000000000000,1.5,0);
INSERT INTO "reading" VALUES(2,2,1528056001000000000,0.2,0);
INSERT INTO "reading" VALUES(3,1,1528056002000000000,2.5,0);
INSERT INTO "reading" VALUES(4,2,1528056003000000000,NULL,0);
CREATE TABLE refused_payload (
                    id INTEGER PRIMARY KEY,
                    device TEXT NOT NULL,
                    topic TEXT NOT NULL,
                    payload BLOB NOT NULL,
                    reason TEXT NOT NULL,
                    arrived INTEGER NOT NULL
                ) STRICT;
INSERT INTO "refused_payload" VALUES(1,'d1','t/d1',X'FF7B','not JSON',1528056000000000000);
CREATE TABLE series (
                    id INTEGER PRIMARY KEY,
                    device TEXT NOT NULL,
                    quantity TEXT NOT NULL,
                    unit TEXT NOT NULL,
                    UNIQUE (device, quantity)
                ) STRICT;
INSERT INTO "series" VALUES(1,'d1','water_level','m');
INSERT INTO "series" VALUES(2,'d2','rain','mm');
CREATE TABLE transition (
                    id INTEGER PRIMARY KEY,
                    alarm TEXT NOT NULL REFERENCES alarm (id) ON DELETE CASCADE,
                    sequence INTEGER NOT NULL,
                    kind TEXT NOT NULL,
                    time INTEGER NOT NULL,
                    recorded INTEGER NOT NULL,
                    from_level TEXT NOT NULL,
                    to_level TEXT NOT NULL,
                    severity INTEGER NOT NULL,
                    uncertain INTEGER NOT NULL,
                    summary TEXT NOT NULL,
                    causes TEXT NOT NULL,
                    device TEXT,
                    rule_version TEXT NOT NULL, person TEXT, note TEXT,
                    UNIQUE (alarm, sequence)
                ) STRICT;
INSERT INTO "transition" VALUES(1,'river/open@2018-06-03T20:00:00Z',1,'raised',1528056001000000000,1528056001000000000,'normal','watch',2,0,'river at 2.5 m','[]','d1','abc',NULL,NULL);
INSERT INTO "transition" VALUES(2,'river/over@2018-06-03T20:00:00Z',1,'raised',1528056001000000000,1528056001000000000,'normal','watch',2,0,'river at 2.5 m','[]','d1','abc',NULL,NULL);
INSERT INTO "transition" VALUES(3,'river/over@2018-06-03T20:00:00Z',2,'cleared',1528056002000000000,1528056002000000000,'watch','normal',2,0,'river at 2.5 m','[]','d1','abc',NULL,NULL);
INSERT INTO "transition" VALUES(4,'river/dark@2018-06-03T20:00:00Z',1,'blind',1528056001000000000,1528056001000000000,'normal','watch',2,0,'no data','[]',NULL,'abc',NULL,NULL);
INSERT INTO "transition" VALUES(5,'river/known@2018-06-03T20:00:00Z',1,'raised',1528056001000000000,1528056001000000000,'normal','watch',2,0,'river at 2.5 m','[]','d1','abc',NULL,NULL);
INSERT INTO "transition" VALUES(6,'river/known@2018-06-03T20:00:00Z',2,'acknowledged',1528056002000000000,1528056002000000000,'watch','watch',2,0,'river at 2.5 m','[]','d1','abc','ada','seen');
INSERT INTO "transition" VALUES(7,'river/shelf@2018-06-03T20:00:00Z',1,'raised',1528056001000000000,1528056001000000000,'normal','watch',2,0,'river at 2.5 m','[]','d1','abc',NULL,NULL);
INSERT INTO "transition" VALUES(8,'river/noisy@2018-06-03T20:00:00Z',1,'raised',1528056001000000000,1528056001000000000,'normal','watch',2,0,'river at 2.5 m','[]','d1','abc',NULL,NULL);
INSERT INTO "transition" VALUES(9,'river/noisy@2018-06-03T20:00:00Z',2,'flapping',1528056002000000000,1528056002000000000,'watch','watch',2,0,'river at 2.5 m','[]',NULL,'abc',NULL,NULL);
CREATE INDEX alarm_active ON alarm (rule, group_name) WHERE cleared IS NULL;
CREATE INDEX alarm_returned ON alarm (raised) WHERE state = 'returned';
CREATE INDEX escalation_waiting ON escalation (destination, id)
                    WHERE delivered IS NULL AND parked IS NULL;
CREATE INDEX escalation_alarm ON escalation (alarm, destination);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('audit',2);
COMMIT;

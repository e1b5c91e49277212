internal import GRDB

/// The history of the schema, as an ordered list that only grows.
///
/// A migration that has shipped is never changed, and neither is its identifier: stores in the field hold it. There is
/// no migration 9.
enum Migrations {
    static var all: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 readings, alarms, outbox", migrate: Migration1.apply)
        migrator.registerMigration("2 blind alarms", migrate: Migration2.apply)
        migrator.registerMigration("3 acknowledgements", migrate: Migration3.apply)
        migrator.registerMigration("4 alarm life, escalation policies, audit", migrate: Migration4.apply)
        migrator.registerMigration("5 checksums", migrate: Migration5.apply)
        migrator.registerMigration("6 received messages", migrate: Migration6.apply)
        migrator.registerMigration("7 subscriptions", migrate: Migration7.apply)
        migrator.registerMigration("8 message numbers", migrate: Migration8.apply)
        migrator.registerMigration("10 origins of alarms", migrate: Migration10.apply)
        migrator.registerMigration("11 origins of what is put aside", migrate: Migration11.apply)
        migrator.registerMigration("12 audited rows, floods", migrate: Migration12.apply)
        migrator.registerMigration("13 numbers of alarms, the site", migrate: Migration13.apply)
        migrator.registerMigration("14 words of transitions", migrate: Migration14.apply)
        migrator.registerMigration("15 days of quality", migrate: Migration15.apply)
        migrator.registerMigration("16 flagged spans", migrate: Migration16.apply)
        return migrator
    }
}

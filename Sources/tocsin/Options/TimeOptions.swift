import ArgumentParser
internal import POSIX
import Telemetry

/// The clock by which a command shows times: the site's, or UTC.
struct TimeOptions: ParsableArguments {
    @Flag(help: "Show times in UTC instead of the site's local time.")
    var utc = false

    func clock(_ store: OpenStore) -> SiteClock { clock(store.zone) }

    func clock(_ zone: ZoneTable) -> SiteClock {
        SiteClock(zone: utc ? ZoneTable() : zone, now: SystemClock().now())
    }
}

import ArgumentParser
internal import POSIX
import Telemetry

/// The clock by which a command shows times: the site's, or UTC.
struct TimeOptions: ParsableArguments {
    @Flag(help: "Show times in UTC instead of the site's local time.")
    var utc = false

    func clock(_ store: OpenStore) -> SiteClock {
        SiteClock(zone: utc ? ZoneTable() : store.zone, now: SystemClock().now())
    }
}

internal import AlarmModel
import ArgumentParser
import Gateway
internal import POSIX
internal import SiteConfiguration
import Store
import Telemetry

/// How the commands that look into a store name it.
struct StoreOptions: ParsableArguments {
    @OptionGroup var config: ConfigOption

    @Option(help: ArgumentHelp("The store itself, instead of a configuration.", valueName: "file"))
    var store: String?

    func validate() throws {
        if config.config != nil, store != nil { throw ValidationError("Name either --config or --store.") }
    }

    /// The store's path, where its gateway answers, and the ladder if a configuration says it.
    func settings() throws -> (path: String, control: String, ladder: Ladder?) {
        if let store {
            let path = Store.realPath(of: store)
            return (path, path + ".control", nil)
        }
        let place = try config.place()
        return (place.store, place.control, place.ladder)
    }

    /// Opens the store, or says what is wrong and ends the command.
    func open() throws -> OpenStore {
        let (path, control, ladder) = try settings()
        do {
            let reader = try StoreReader(path: path)
            // Without it times are in UTC; a damaged store has to be looked into all the same.
            let site = (try? reader.site()) ?? nil
            return OpenStore(
                reader: reader, control: control, ladder: ladder ?? site.map { Ladder($0.ladder) } ?? .standard,
                zone: site.map { ZoneTable(timeZone: $0.timeZone) } ?? ZoneTable())
        } catch {
            throw Failure.report(error, about: path)
        }
    }
}

/// A store that a command looks into, and what it needs to show what is in it.
struct OpenStore {
    let reader: StoreReader
    /// The socket of its gateway.
    let control: String
    let ladder: Ladder
    /// The site's time zone.
    let zone: ZoneTable
}

/// How times are shown and read: by the site's clock, unless UTC is asked for.
struct TimeOptions: ParsableArguments {
    @Flag(help: "Show times in UTC, and not in the site's local time.")
    var utc = false

    func clock(_ store: OpenStore) -> SiteClock {
        SiteClock(zone: utc ? ZoneTable() : store.zone, now: SystemClock().now())
    }
}

/// Times as operators read them.
struct SiteClock {
    let zone: ZoneTable
    let now: Instant

    /// `2018-06-03 17:05:00 UTC-4`, of RFC 3339.
    func full(_ text: String) -> String {
        Instant(rfc3339: text.utf8).map { LocalTime($0, in: zone).description } ?? text
    }

    /// `17:05` of today, `06-03 17:05` of another day, `2017-06-03 17:05` of another year.
    func short(_ text: String) -> String {
        guard let instant = Instant(rfc3339: text.utf8) else { return text }
        let (time, today) = (LocalTime(instant, in: zone), LocalTime(now, in: zone))
        if time.day == today.day { return time.minute }
        return time.day.prefix(4) == today.day.prefix(4)
            ? "\(time.day.dropFirst(5)) \(time.minute)" : "\(time.day) \(time.minute)"
    }

    /// How long ago, or between two times: `42 min`.
    func age(_ text: String, until end: String? = nil) -> String {
        guard let instant = Instant(rfc3339: text.utf8) else { return "?" }
        return Self.span((end.flatMap { Instant(rfc3339: $0.utf8) } ?? now) - instant)
    }

    /// How long until then: `in 4 min`; `now` where it is past.
    func until(_ text: String) -> String {
        guard let instant = Instant(rfc3339: text.utf8), instant > now else { return "now" }
        return "in \(Self.span(instant - now))"
    }

    /// In the largest unit that leaves two digits: `42 s`, `42 min`, `5 h`, `12 days`.
    static func span(_ span: TimeSpan) -> String {
        let seconds = max(0, span.seconds)
        switch seconds {
        case ..<100: return "\(Int(seconds)) s"
        case ..<6000: return "\(Int((seconds / 60).rounded())) min"
        case ..<172_800: return "\(Int((seconds / 3600).rounded())) h"
        default: return "\(Int((seconds / 86_400).rounded())) days"
        }
    }
}

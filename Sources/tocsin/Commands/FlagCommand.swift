import ArgumentParser
import Gateway
internal import SiteConfiguration
import Store
import Telemetry

struct FlagCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flag",
        abstract: "Flag the readings of a sensor in a span of time as right or wrong.",
        discussion: """
            Your flag replaces what the quality tests found, and the running gateway follows it at once: rules do not \
            see what you flag as fail, and see what you flag as pass. The stored readings stay as they are. tocsin \
            flags shows all such flags, and tocsin unflag withdraws one. The audit chain records who and why.

            A time is written as 14:30, yesterday, 2018-06-03, 2018-06-03T22:00, 2h (ago), or now, by the site's \
            clock. Both ends belong to the span. For all quantities of the device, write all.

              tocsin flag gauge-07 water_level 2018-06-03T10:00 2018-06-03T12:30 fail -m "a bird on the gauge"
              tocsin flag gauge-07 all yesterday now suspect -m "the mast was bent"
              tocsin flag gauge-07 water_level 09:00 09:20 pass -m "a real flood: seen from the bridge"
            """)

    @Argument(help: "The device.")
    var device: Name

    @Argument(help: "What it measures; or all.")
    var quantity: Name

    @Argument(help: ArgumentHelp("The beginning of the span.", valueName: "from"))
    var start: PastTime

    @Argument(help: ArgumentHelp("The end of the span.", valueName: "to"))
    var end: PastTime

    @Argument(help: "pass, suspect or fail.")
    var flag: PersonsFlag

    @OptionGroup var options: OperatorOptions
    @OptionGroup var times: TimeOptions

    func validate() throws { try options.requireReason() }

    func run() throws {
        let place = try options.config.place()
        let reader: StoreReader
        do {
            reader = try StoreReader(path: place.store)
        } catch {
            throw Failure.report(error, about: place.store)
        }
        // Without a readable site, times are those of UTC.
        let zone = (try? reader.site()).flatMap { $0 }.map { ZoneTable(timeZone: $0.timeZone) } ?? ZoneTable()
        let clock = times.clock(zone)
        let start = start.instant(in: clock.zone, now: clock.now)
        // Times are shown in whole seconds, so the second that someone copies belongs to the span.
        let written = end.instant(in: clock.zone, now: clock.now)
        let end = max(written, min(written + TimeSpan(nanoseconds: 999_999_999), clock.now))
        var request = options.request(.flag, "")
        request.device = device.text
        request.quantity = quantity.text == "all" ? nil : quantity.text
        (request.start, request.end, request.flag) = (start.nanoseconds, end.nanoseconds, flag.rawValue)
        try GatewayClient(path: place.control).send(request)
        let count = try reader.readingCount(of: device.text, request.quantity, from: start, to: end)
        Terminal.line(
            count == 0
                ? "No reading of the span is stored yet. Those that still come get the flag."
                : "It is the flag of \(count == 1 ? "1 stored reading" : "\(count) stored readings") now.")
    }
}

/// A flag that a person may set.
enum PersonsFlag: String, ExpressibleByArgument, CaseIterable {
    case pass, suspect, fail
}

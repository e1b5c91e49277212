internal import AlarmModel
import ArgumentParser
import Gateway
internal import SiteConfiguration
import Store

struct AckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Acknowledge alarms.",
        discussion: """
            Others see your name and what you wrote. Policy steps for alarms that nobody has acknowledged stop. \
            A rise to a higher level has to be acknowledged again. The gateway has to be running.

            A rule and a group name the active alarm there, and the earlier ones there that ended unacknowledged. \
            In a pattern * matches within one part of the name; put a pattern in quotes.

              tocsin ack 17 -m "crew on the way"
              tocsin ack river-rising/franklintown 18 19
              tocsin ack 'river-rising/*'
              tocsin ack --ended -m "seen in the morning"
            """)

    @Argument(help: "The alarms: numbers, rule/group, identities, or patterns such as 'river-rising/*'.")
    var alarms: [AlarmReference] = []

    @Flag(help: "Acknowledge every alarm that is not acknowledged.")
    var all = false

    @Flag(help: "Acknowledge every alarm that ended before anyone acknowledged it.")
    var ended = false

    @OptionGroup var options: OperatorOptions

    func validate() throws {
        if alarms.isEmpty, !all, !ended { throw ValidationError("Name the alarms, or use --ended or --all.") }
        if !alarms.isEmpty, all || ended {
            throw ValidationError("Name the alarms, or use --ended or --all, but not both.")
        }
    }

    func run() throws {
        let place = try options.config.place()
        let targets = try AlarmTargets(opening: place.store)
        let wanted = try wanted(targets)
        if wanted.isEmpty { return Terminal.line("no alarm waits to be acknowledged") }
        let gateway = GatewayClient(path: place.control)
        var hasFailed = false
        // The oldest is first, so that earlier alarms with the same alarm key are acknowledged before the active one.
        for alarm in wanted.sorted(by: { ($0.raised, $0.id) < ($1.raised, $1.id) }) {
            do {
                try gateway.send(options.request(.acknowledge, alarm.id), about: AlarmSheet.name(alarm))
            } catch {
                // The reason has been printed. The other alarms are still acknowledged.
                hasFailed = true
            }
        }
        if hasFailed { throw ExitCode.failure }
    }

    private func wanted(_ targets: AlarmTargets) throws -> [AlarmView] {
        let waiting = try targets.unacknowledged()
        var wanted = waiting.filter { all || ended && $0.cleared != nil }
        for reference in alarms {
            for alarm in try targets.unacknowledged(reference, among: waiting)
            where !wanted.contains(where: { $0.id == alarm.id }) {
                wanted.append(alarm)
            }
        }
        return wanted
    }
}

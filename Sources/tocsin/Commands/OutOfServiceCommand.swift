import ArgumentParser
import Gateway

struct OutOfServiceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "out-of-service",
        abstract: "Take an alarm or a sensor out of service until someone puts it back.",
        discussion: """
            Nobody is notified of an alarm that is out of service. It is still recorded, and tocsin alarms shows it. \
            Name an alarm that is not active by its rule and its group.

            The readings of a sensor that is out of service are kept, but no rule sees them. Votes and averages go on \
            with the other sensors, and the alarm's summary says so.

              tocsin out-of-service river-rising/franklintown -m "the gauge was washed away"
              tocsin out-of-service --device co-3 -m "being calibrated"
            """)

    @OptionGroup var target: SuppressionTarget
    @OptionGroup var options: OperatorOptions

    func validate() throws { try options.requireReason() }

    func run() throws { try target.send(.takeOutOfService, options) }
}

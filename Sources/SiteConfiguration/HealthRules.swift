package import AlarmModel
package import Diagnostics

/// The rules that watch over the gateway itself, in force unless the rule files have rules of the same names.
package enum HealthRules {
    /// - Parameter ladder: the levels, lowest first: the rules use the lowest, and the third or else the highest.
    package static func file(ladder: Ladder) -> SourceFile {
        let high = ladder.names[min(2, ladder.count - 1)]
        let low = high == ladder.names[0] ? "" : ladder.names[0]
        return SourceFile(name: SourceFile.builtInPrefix + "gateway.yaml", text: text(low: low, high: high))
    }

    private static func text(low: String, high: String) -> String {
        /// Both levels, or the high one alone where the ladder has one step.
        func levels(_ lowCondition: String, _ highCondition: String) -> String {
            low.isEmpty ? "{ \(high): \(highCondition) }" : "{ \(low): \(lowCondition), \(high): \(highCondition) }"
        }
        let least = low.isEmpty ? high : low
        return """
            # The gateway watches over itself. A rule of the same name in the rule files takes the place of one of these:
            # tocsin health-rules > rules/gateway.yaml
            hazard: gateway
            rules:
              - name: gateway-broker-lost
                summary: "no connection to the sensors' broker: nothing is known of any hazard"
                cleared: "connected to the sensors' broker again"
                for_each: device
                where: { kind: gateway }
                levels: \(levels("broker_connected == 0 for 1m", "broker_connected == 0 for 10m"))
                no_data: none
              - name: gateway-messages-dropped
                summary: "{lost} messages were lost at the broker within 10 minutes: see max_queued_messages"
                for_each: device
                where: { kind: gateway }
                let: { lost: "sum(broker_dropped, 10m)" }
                levels: { \(high): lost > 0 }
                no_data: none
              - name: gateway-behind
                summary: "more comes in than can be evaluated: {behind} behind, {passed} messages of QoS 0 passed over within 10 minutes"
                for_each: device
                where: { kind: gateway }
                let: { behind: evaluation_delay, passed: "sum(shed_messages, 10m)" }
                levels: \(levels("behind > 1 s", "behind > 10 s or passed > 0"))
                no_data: none
              - name: gateway-disk
                summary: "{free} of the store's disk is free"
                for_each: device
                where: { kind: gateway }
                let: { free: disk_free }
                levels: \(levels("free < 15 %", "free < 5 %"))
                clear: free > 17 %
                no_data: none
              - name: gateway-outbox
                summary: "{waiting} escalations wait to be delivered, the oldest for {age}"
                for_each: device
                where: { kind: gateway }
                let: { waiting: outbox_waiting, age: outbox_age }
                levels: \(levels("age > 5 min", "age > 1 h or waiting > 1000"))
                no_data: none
              - name: gateway-refused-by-destination
                summary: "{parked} escalations were refused for good, and wait for someone to look at them"
                for_each: device
                where: { kind: gateway }
                let: { parked: outbox_parked }
                levels: { \(high): parked > 0 }
                no_data: none
              - name: gateway-payloads-refused
                summary: "{refused} payloads did not fit their devices' profiles within 10 minutes"
                for_each: device
                where: { kind: gateway }
                let: { refused: "sum(refused_payloads, 10m)" }
                levels: \(levels("refused > 0", "refused > 100"))
                no_data: none
              - name: gateway-times-unreadable
                summary: "{unreadable} payloads within 10 minutes had a time that could not be read, and got the time of arrival: correct 'time' in the profile, or the device; the log names it"
                for_each: device
                where: { kind: gateway }
                let: { unreadable: "sum(unreadable_times, 10m)" }
                levels: { \(least): unreadable > 0 }
                no_data: none
              - name: gateway-clock
                summary: "the gateway's clock is not kept right by anything"
                cleared: "the gateway's clock is kept right again"
                for_each: device
                where: { kind: gateway }
                levels: { \(least): clock_unsynchronised == 1 for 30m }
                no_data: none
              - name: gateway-subscription-refused
                summary: "the broker refuses {refused} of the gateway's subscriptions, {unheard} sensors are not heard"
                for_each: device
                where: { kind: gateway }
                let: { refused: subscriptions_refused, unheard: sensors_unheard }
                levels: \(levels("refused > 0", "unheard > 0"))
                no_data: none

            """
    }

    /// The rule whose summary names the refused filters.
    package static let subscriptionRule = "gateway-subscription-refused"

    /// The rule for devices that number their messages.
    package static func sequenceFile(ladder: Ladder) -> SourceFile {
        SourceFile(
            name: SourceFile.builtInPrefix + "sequence.yaml",
            text: """
                hazard: gateway
                rules:
                  - name: messages-missing
                    summary: "{device}: {missing} messages are missing from the last 10 minutes"
                    for_each: device
                    let: { missing: "sum(missing_messages, 10m)" }
                    levels: { \(ladder.names[0]): missing > 0 }
                    no_data: none

                """)
    }

    /// The rule whose summary says which reading of a device was not plausible, and why.
    package static let plausibilityRule = "device-readings-implausible"

    /// The rule for devices whose readings are tested.
    package static func plausibilityFile(ladder: Ladder) -> SourceFile {
        SourceFile(
            name: SourceFile.builtInPrefix + "plausibility.yaml",
            text: """
                hazard: gateway
                rules:
                  - name: \(plausibilityRule)
                    summary: "{device}: implausible readings, which rules do not see"
                    cleared: "{device}: no implausible readings for an hour"
                    for_each: device
                    levels: { \(ladder.names[0]): "count(implausible_readings, 1h) > 0" }
                    no_data: none

                """)
    }

    /// The rule for devices that give their messages a time.
    package static func clockFile(ladder: Ladder) -> SourceFile {
        SourceFile(
            name: SourceFile.builtInPrefix + "clock.yaml",
            text: """
                hazard: gateway
                rules:
                  - name: device-clock
                    summary: "{device}: its clock is off by {offset}; its readings have the times of their arrival"
                    cleared: "{device}: its clock is right again"
                    for_each: device
                    let: { offset: clock_offset }
                    levels: { \(ladder.names[0]): offset < 0 s or offset > 0 s }
                    no_data: none

                """)
    }
}

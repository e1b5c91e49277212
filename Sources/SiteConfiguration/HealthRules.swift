package import AlarmModel
package import Diagnostics

/// The built-in rules that watch the gateway itself, and its devices. A rule of the same name in the rule files
/// replaces a built-in one.
package enum HealthRules {
    /// The rules of every gateway.
    /// - Parameter ladder: the rules use its lowest level, and its third, or the highest if it has fewer.
    package static func file(ladder: Ladder) -> SourceFile {
        let high = ladder.names[min(2, ladder.count - 1)]
        let low = high == ladder.names[0] ? "" : ladder.names[0]
        return SourceFile(name: SourceFile.builtInPrefix + "gateway.yaml", text: text(low: low, high: high))
    }

    private static func text(low: String, high: String) -> String {
        """
        # The gateway watches itself. To replace one of these rules, put a rule of the same name into the rule files:
        # tocsin health-rules > rules/gateway.yaml
        hazard: gateway
        rules:

        """ + connectionRules(low, high) + storageRules(low, high) + deviceRules(low, high)
    }

    /// Conditions for both levels; only that of the high one if the ladder has a single level.
    private static func levels(_ low: String, _ lowCondition: String, _ high: String, _ highCondition: String) -> String
    {
        low.isEmpty ? "{ \(high): \(highCondition) }" : "{ \(low): \(lowCondition), \(high): \(highCondition) }"
    }

    /// The rules for the broker and for messages that are not evaluated in time.
    private static func connectionRules(_ low: String, _ high: String) -> String {
        """
          - name: gateway-broker-lost
            summary: "no connection to the sensors' broker: no hazard can be detected"
            cleared: "connected to the sensors' broker again"
            for_each: device
            where: { kind: gateway }
            levels: \(levels(low, "broker_connected == 0 for 1m", high, "broker_connected == 0 for 10m"))
            no_data: none
          - name: gateway-messages-dropped
            summary: "{lost} messages were lost at the broker within 10 minutes: see max_queued_messages"
            for_each: device
            where: { kind: gateway }
            let: { lost: "sum(broker_dropped, 10m)" }
            levels: { \(high): lost > 0 }
            no_data: none
          - name: gateway-behind
            summary: "more messages come in than can be evaluated: {behind} behind, {passed} messages of QoS 0 skipped \
        within 10 minutes"
            for_each: device
            where: { kind: gateway }
            let: { behind: evaluation_delay, passed: "sum(shed_messages, 10m)" }
            levels: \(levels(low, "behind > 1 s", high, "behind > 10 s or passed > 0"))
            no_data: none

        """
    }

    /// The rules for the disk and the outbox.
    private static func storageRules(_ low: String, _ high: String) -> String {
        """
          - name: gateway-disk
            summary: "{free} of the store's disk is free"
            for_each: device
            where: { kind: gateway }
            let: { free: disk_free }
            levels: \(levels(low, "free < 15 %", high, "free < 5 %"))
            clear: free > 17 %
            no_data: none
          - name: gateway-outbox
            summary: "{waiting} escalations are waiting to be delivered, the oldest for {age}"
            for_each: device
            where: { kind: gateway }
            let: { waiting: outbox_waiting, age: outbox_age }
            levels: \(levels(low, "age > 5 min", high, "age > 1 h or waiting > 1000"))
            no_data: none
          - name: gateway-refused-by-destination
            summary: "{parked} escalations were refused and parked: see tocsin outbox"
            for_each: device
            where: { kind: gateway }
            let: { parked: outbox_parked }
            levels: { \(high): parked > 0 }
            no_data: none

        """
    }

    /// The rules for payloads, times and subscriptions.
    private static func deviceRules(_ low: String, _ high: String) -> String {
        """
          - name: gateway-payloads-refused
            summary: "{refused} payloads did not fit their devices' profiles within 10 minutes"
            for_each: device
            where: { kind: gateway }
            let: { refused: "sum(refused_payloads, 10m)" }
            levels: \(levels(low, "refused > 0", high, "refused > 100"))
            no_data: none
          - name: gateway-times-unreadable
            summary: "{unreadable} payloads within 10 minutes had an unreadable time and got the time of arrival: the \
        log names the device; correct it, or 'time' in its profile"
            for_each: device
            where: { kind: gateway }
            let: { unreadable: "sum(unreadable_times, 10m)" }
            levels: { \(low.isEmpty ? high : low): unreadable > 0 }
            no_data: none
          - name: gateway-clock
            summary: "nothing synchronises the gateway's clock"
            cleared: "the gateway's clock is synchronised again"
            for_each: device
            where: { kind: gateway }
            levels: { \(low.isEmpty ? high : low): clock_unsynchronised == 1 for 30m }
            no_data: none
          - name: gateway-subscription-refused
            summary: "the broker refuses {refused} of the gateway's subscriptions, {unheard} sensors are not heard"
            for_each: device
            where: { kind: gateway }
            let: { refused: subscriptions_refused, unheard: sensors_unheard }
            levels: \(levels(low, "refused > 0", high, "unheard > 0"))
            no_data: none

        """
    }

    /// The name of the rule whose summary names the refused filters.
    package static let subscriptionRule = "gateway-subscription-refused"
}

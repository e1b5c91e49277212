package import AlarmModel
package import Devices
package import Diagnostics
internal import RuleLanguage

// The built-in rules that watch the devices.
extension HealthRules {
    /// The rules for the devices of a site, in files of one rule each: only those that some device gives something to.
    /// - Parameter site: `nil` for all of the rules.
    package static func deviceFiles(ladder: Ladder, for site: Site?) -> [SourceFile] {
        let low = ladder.names[0]
        return deviceRules.compactMap { rule in
            guard site.map(rule.isNeeded) ?? true else { return nil }
            return SourceFile(
                name: SourceFile.builtInPrefix + rule.file + ".yaml",
                text: "hazard: gateway\nrules:\n" + rule.text(low) + "\n")
        }
    }

    /// The name of the rule whose summary says which reading of a device is implausible, and why.
    package static let plausibilityRule = "device-readings-implausible"

    /// The name of the rule whose summary says which neighbours contradict a device.
    package static let conflictRule = "device-conflict"

    private struct DeviceRule: Sendable {
        let file: String
        /// Returns whether a site has a device that the rule is for.
        let isNeeded: @Sendable (Site) -> Bool
        /// The rule's lines, from `- name:` on, as they stand under `rules:`; the argument is the lowest level.
        let text: @Sendable (String) -> String
    }

    private static let deviceRules: [DeviceRule] = [
        DeviceRule(file: "sequence", isNeeded: \.hasSequences) { low in
            """
              - name: messages-missing
                summary: "{device}: {missing} messages are missing from the last 10 minutes"
                for_each: device
                let: { missing: "sum(missing_messages, 10m)" }
                levels: { \(low): missing > 0 }
                no_data: none
            """
        },
        DeviceRule(file: "plausibility", isNeeded: \.hasTests) { low in
            """
              - name: \(plausibilityRule)
                summary: "{device}: implausible readings, which rules do not see"
                cleared: "{device}: no implausible readings for an hour"
                for_each: device
                levels: { \(low): "count(implausible_readings, 1h) > 0" }
                no_data: none
            """
        },
        DeviceRule(file: "conflict", isNeeded: \.hasNeighbours) { low in
            """
              - name: \(conflictRule)
                summary: "{device}: it does not agree with its neighbours"
                cleared: "{device}: it agrees with its neighbours again"
                for_each: device
                levels: { \(low): neighbour_conflict > 0 }
                no_data: none
            """
        },
        DeviceRule(file: "clock", isNeeded: \.hasClocks) { low in
            """
              - name: device-clock
                summary: "{device}: its clock is off by {offset}; its readings have the times of their arrival"
                cleared: "{device}: its clock is right again"
                for_each: device
                let: { offset: clock_offset }
                levels: { \(low): offset < 0 s or offset > 0 s }
                no_data: none
            """
        },
        DeviceRule(file: "calibration", isNeeded: \.hasCalibrations) { low in
            """
              - name: device-calibration
                summary: "{device}: its calibration is overdue, for {overdue}"
                cleared: "{device}: it is calibrated again"
                for_each: device
                let: { overdue: calibration_overdue }
                levels: { \(low): overdue > 0 d }
                no_data: none
            """
        },
        DeviceRule(file: "battery", isNeeded: { $0.hasSensor(of: "battery") }) { low in
            """
              - name: device-battery
                summary: "{device}: its battery is at {charge}"
                cleared: "{device}: its battery is at {charge} again"
                for_each: device
                let: { charge: battery }
                levels: { \(low): charge < 15 % }
                clear: charge > 20 %
                no_data: none
            """
        },
        DeviceRule(file: "link", isNeeded: { $0.hasSensor(of: "link_rssi") }) { low in
            """
              - name: device-link
                summary: "{device}: its radio link is weak, {strength}"
                cleared: "{device}: its radio link is better again, {strength}"
                for_each: device
                let: { strength: link_rssi }
                levels: { \(low): "strength < param(link_rssi_min, -118 dBm) for 6h" }
                no_data: none
            """
        },
        DeviceRule(file: "silent", isNeeded: { _ in true }) { low in
            """
              - name: \(RuleCompiler.silenceRule)
                summary: "{device}: nothing heard of it any more"
                cleared: "{device}: heard again"
                for_each: device
                levels: { \(low): silent() }
                no_data: none
            """
        },
    ]
}

extension Site {
    fileprivate func hasSensor(of quantity: String) -> Bool { sensors.contains { $0.field(quantity) != nil } }
}

package import AlarmModel
package import Devices
internal import RulePlan
internal import Telemetry

/// What the engine makes of a rule, in words and numbers: for `tocsin explain`.
package struct RuleOutline: Sendable, Encodable {
    package struct Condition: Sendable, Encodable {
        package var level: String
        package var text: String
        /// What ends it, where the rule says so.
        package var until: String?
    }

    package struct Definition: Sendable, Encodable {
        package var name: String
        package var text: String
    }

    package struct Measured: Sendable, Encodable {
        /// `mean of water_level over 10m`
        package var text: String
        /// Whether a reading decides it by its series alone.
        package var isTest: Bool
    }

    package struct Group: Sendable, Encodable {
        package var name: String
        package var devices: [String]
        package var series: Int
        /// What the rule reads of them.
        package var sensors: [Sensor]
    }

    package struct Sensor: Sendable, Encodable {
        package var device: String
        package var quantity: String
        /// In which unit it sends.
        package var unit: String
        /// After how many seconds without a reading it is silent.
        package var silentAfter: Double
        /// Why it is in maintenance, and left out.
        package var maintenance: String?
    }

    package var rule: String
    package var hazard: String
    package var forEach: [String]
    package var levels: [Condition]
    /// What the names of `let` stand for.
    package var definitions: [Definition]
    package var clear: String?
    /// While this is true nobody is told.
    package var suppress: String?
    package var noDataLevel: String?
    package var measured: [Measured]
    /// What is asked of each sensor of a group by itself.
    package var votes: [Measured]
    package var asksAlarmsOf: [String]
    package var groups: [Group]
    /// Over all groups, if the devices send at their intervals; shared with other rules over the same series.
    package var samples: Int
    package var bytes: Int
    package var instructions: Int
    package var remembers: String
}

extension CompiledRules {
    /// - Returns: `nil` if there is no rule of that name.
    package func outline(of name: String, ladder: Ladder, site: Site) -> RuleOutline? {
        guard let index = rules.firstIndex(where: { $0.name == name }) else { return nil }
        let rule = rules[index]
        var groups: [RuleOutline.Group] = []
        var longest: [SeriesID: TimeSpan] = [:]
        // With those that vote in it.
        var seriesOfGroup: [String: Set<SeriesID>] = [:]
        let devices = Dictionary(site.devices.map { ($0.id, $0) }) { first, _ in first }
        for (number, instance) in instances.enumerated() where instance.rule == index {
            let planned = plan.instances[number]
            for operand in plan.operands[Int(planned.operandBase)...].prefix(
                Int(plan.programs[Int(planned.program)].operandCount))
            {
                for source in plan.sources[Int(operand.firstSource)...].prefix(Int(operand.sourceCount)) {
                    seriesOfGroup[instance.group, default: []].insert(source.series)
                    longest[source.series] = max(longest[source.series] ?? .zero, source.window)
                }
            }
            if !instance.isBallot {
                let sensors = instance.devices.compactMap { devices[$0] }.flatMap { self.sensors(of: $0, rule) }
                groups.append(
                    RuleOutline.Group(name: instance.group, devices: instance.devices, series: 0, sensors: sensors))
            }
        }
        for index in groups.indices { groups[index].series = seriesOfGroup[groups[index].name]?.count ?? 0 }
        let samples = longest.reduce(0) { sum, entry in
            let span = max(entry.value, plan.allowedLateness)
            return sum + Int(span.nanoseconds / max(1, plan.series[Int(entry.key.index)].interval.nanoseconds)) + 1
        }
        return RuleOutline(
            rule: rule.name, hazard: rule.hazard, forEach: rule.forEach,
            levels: zip(rule.levels, rule.conditions).map {
                .init(level: $0.name, text: $1.text, until: $1.until?.text)
            },
            definitions: rule.definitions.map { .init(name: $0.name, text: $0.text) }, clear: rule.clear?.text,
            suppress: rule.suppress?.text,
            noDataLevel: rule.program.noDataLevel.map { ladder.name(of: $0) },
            measured: measured(rule.operands, rule.program),
            votes: rule.ballots.flatMap { measured($0.operands, $0.program) },
            asksAlarmsOf: rule.askedRules, groups: groups, samples: samples, bytes: samples * 16,
            instructions: rule.program.instructions.count, remembers: TimeSpanText.short(rule.program.memory))
    }

    private func sensors(of device: Device, _ rule: Rule) -> [RuleOutline.Sensor] {
        rule.quantities.compactMap { device.field($0) }.map { field in
            RuleOutline.Sensor(
                device: device.id, quantity: field.quantity.name, unit: field.unit.symbol,
                silentAfter: device.silence(of: field).seconds,
                maintenance: field.maintenance)
        }
    }

    private func measured(_ operands: [MeasuredQuantity], _ program: Program) -> [RuleOutline.Measured] {
        operands.enumerated().map { index, operand in
            let code = program.instructions.contains { $0.operation == .threshold && Int($0.a) == index }
            return RuleOutline.Measured(text: operand.text, isTest: code)
        }
    }
}

extension MeasuredQuantity {
    /// `mean of water_level over 10m`
    var text: String {
        let name = (isRaw ? "raw " : "") + quantity.name
        let function = Function.all.first { function in
            if case .window(let aggregate, _) = function.meaning { return aggregate == measure.aggregate }
            return false
        }
        let word =
            switch measure.aggregate {
            case .quantile: "quantile \(NumberText.short(measure.parameter))"
            case .forecast:
                "forecast, \(TimeSpanText.short(TimeSpan(nanoseconds: Int64(measure.parameter * 1e9)))) ahead,"
            case .smoothed: "ewma with \(TimeSpanText.short(TimeSpan(nanoseconds: Int64(measure.parameter * 1e9))))"
            default: function?.name ?? "\(measure.aggregate)"
            }
        guard let window else { return measure.aggregate == .last ? "newest \(name)" : "\(word) of \(name)" }
        return "\(word) of \(name) over \(TimeSpanText.short(window))"
    }
}

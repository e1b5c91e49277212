package import AlarmModel
package import Devices
internal import RulePlan
internal import Telemetry

/// A description of a compiled rule, for `tocsin explain`.
package struct RuleOutline: Sendable, Encodable {
    package struct Condition: Sendable, Encodable {
        package var level: String
        package var text: String
        /// The condition that ends the level, if the rule has one.
        package var until: String?
    }

    package struct Definition: Sendable, Encodable {
        package var name: String
        package var text: String
    }

    package struct Measured: Sendable, Encodable {
        /// `mean of water_level over 10m`
        package var text: String
        /// Set if a reading of a single series decides it, as a threshold test.
        package var isTest: Bool
    }

    package struct Group: Sendable, Encodable {
        package var name: String
        package var devices: [String]
        package var series: Int
        /// The values of the rule's parameters, by their names: `3.2 m`.
        package var parameters: [String: String]
        /// The sensors that the rule uses.
        package var sensors: [Sensor]
    }

    package struct Sensor: Sendable, Encodable {
        package var device: String
        package var quantity: String
        /// The unit in which the sensor sends.
        package var unit: String
        /// The number of seconds without a reading after which the sensor is silent.
        package var silentAfter: Double
        /// The reason why the sensor is in maintenance and left out; `nil` if it is not.
        package var maintenance: String?
    }

    package var rule: String
    package var hazard: String
    package var forEach: [String]
    package var levels: [Condition]
    /// The names of `let`, with their expressions.
    package var definitions: [Definition]
    package var clear: String?
    /// The condition that suppresses the alarm.
    package var suppress: String?
    package var noDataLevel: String?
    package var measured: [Measured]
    /// The measures that each sensor of a group votes on.
    package var votes: [Measured]
    package var asksAlarmsOf: [String]
    package var groups: [Group]
    /// The number of samples in memory over all groups, if the devices send at their intervals. Rules over the same
    /// series share them.
    package var samples: Int
    package var bytes: Int
    package var instructions: Int
    package var remembers: String
}

extension CompiledRules {
    /// Returns a description of a rule.
    /// - Returns: `nil` if there is no rule of that name.
    package func outline(of name: String, ladder: Ladder, site: Site) -> RuleOutline? {
        guard let index = rules.firstIndex(where: { $0.name == name }) else { return nil }
        let rule = rules[index]
        var groups: [RuleOutline.Group] = []
        var longest: [SeriesID: TimeSpan] = [:]
        // The series of each group, with those of its votes.
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
                let members = instance.devices.compactMap { devices[$0] }
                groups.append(
                    RuleOutline.Group(
                        name: instance.group, devices: instance.devices, series: 0,
                        parameters: parameters(of: members, rule),
                        sensors: members.flatMap { self.sensors(of: $0, rule) }))
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

    private func parameters(of members: [Device], _ rule: Rule) -> [String: String] {
        let values = rule.parameters.references.values(of: members) ?? [:]
        return Dictionary(
            values.map { ($0.key.name, NumberText.short($0.value.number, $0.value.unit)) }
        ) { first, _ in first }
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
        let words: [ReadingSelection: String] = [.all: "raw ", .good: "good ", .poor: "poor "]
        let name = (words[selection] ?? "") + quantity.name
        guard let window else {
            return measure.aggregate == .last ? "newest \(name)" : "\(measure.text) of \(name)"
        }
        return "\(measure.text) of \(name) over \(TimeSpanText.short(window))"
    }
}

extension Measure {
    /// The function that measures it, with its parameter: `quantile 0.95`.
    fileprivate var text: String {
        let function = Function.all.first { function in
            if case .measure(aggregate, fixed: nil) = function.meaning { return true }
            return false
        }
        guard let function else { return "\(aggregate)" }
        func duration() -> String { TimeSpanText.short(TimeSpan(nanoseconds: Int64(parameter * 1e9))) }
        for kind in function.parameters {
            switch kind {
            case .part: return "\(function.name) \(NumberText.short(parameter))"
            case .lookahead: return "\(function.name), \(duration()) ahead,"
            case .timeConstant: return "\(function.name) with \(duration())"
            case .quantity, .window, .sensorCount, .condition, .rule, .level, .parameter, .number: continue
            }
        }
        return function.name
    }
}

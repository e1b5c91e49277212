internal import Devices
internal import RulePlan
internal import Telemetry

/// Makes a plan from checked rules: an instance for each group, and one for each sensor that votes in it.
struct RuleBinder {
    private(set) var plan = Plan()
    private(set) var instances: [RuleInstance] = []

    private let series: (String, Quantity) -> SeriesID
    /// The series that take other readings of a sensor than the usable ones.
    private var twins: [ReadingSelection: [SeriesID: SeriesID]] = [:]
    /// The rules that other rules ask about.
    private var asked: Set<String> = []
    /// The instances of those rules, with the labels of their groups.
    private var groups: [String: [(instance: Int32, values: [String: String])]] = [:]
    /// The same instances by rule and group.
    private var byGroup: [String: [String: Int32]] = [:]
    /// The `for_each` labels of each rule.
    private var forEach: [String: [String]] = [:]

    init(_ site: Site, _ context: RuleContext, series: @escaping (String, Quantity) -> SeriesID) {
        self.series = series
        plan.allowedLateness = context.allowedLateness
        plan.zone = context.zone
        for device in site.devices {
            for field in device.fields {
                let id = Int(series(device.id, field.quantity).index)
                while plan.series.count <= id { plan.series.append(SeriesPlan()) }
                plan.series[id].interval = max(device.interval, .milliseconds(100))
                plan.series[id].silence = device.silence(of: field)
                plan.series[id].counter = CounterPlan(
                    resolution: field.counterResolution ?? 0, width: field.counterWidth ?? .infinity,
                    maxRate: field.counter?.maxRate ?? .infinity, interval: device.interval.seconds)
            }
        }
    }

    /// - Parameter order: the indices of the rules, each after the rules whose alarms it asks for.
    mutating func bind(_ rules: [(rule: Rule, devices: [Device])], in order: [Int]) {
        plan.programs = rules.map(\.rule.program)
        asked = Set(rules.flatMap(\.rule.askedRules))
        for index in order { bind(rules[index].rule, index, rules[index].devices) }
    }

    private mutating func bind(_ rule: Rule, _ index: Int, _ devices: [Device]) {
        var programs = FilledPrograms(rule.program, rule.parameters, at: Int32(index))
        var ballots = rule.ballots.map { ballot in
            plan.programs.append(ballot.program)
            return (
                programs: FilledPrograms(ballot.program, ballot.parameters, at: Int32(plan.programs.count - 1)),
                operands: ballot.operands
            )
        }
        let measured = Set(rule.quantities)
        let groups = Dictionary(grouping: devices) { device in rule.forEach.map { device.labels[$0] ?? "" } }
        for (values, members) in groups.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            // A group whose sensors are all in maintenance cannot raise an alarm.
            guard measured.isEmpty || members.contains(where: { $0.works(for: measured) }) else { continue }
            let maintained = members.filter { $0.isInMaintenance(for: measured) }.map(\.id)
            var labels = members.first?.labels ?? [:]
            for member in members.dropFirst() { labels = labels.filter { member.labels[$0.key] == $0.value } }
            if !rule.labels.isEmpty { labels.merge(rule.labels) { _, own in own } }
            let group = values.joined(separator: ",")
            // The checker has reported groups and sensors without the parameters.
            guard let program = programs.index(rule.parameters.references.values(of: members), in: &plan) else {
                continue
            }
            let voters = ballots.indices.map { number -> [Int32] in
                let operands = ballots[number].operands
                let references = rule.ballots[number].parameters.references
                return members.filter { $0.works(for: Set(operands.map(\.quantity.name))) }.compactMap {
                    device -> Int32? in
                    let values = references.values(of: device, in: members)
                    guard let program = ballots[number].programs.index(values, in: &plan) else { return nil }
                    let instance = Instance(program: program, operandBase: addOperands(operands, [device]))
                    return add(
                        instance,
                        RuleInstance(rule: index, group: group, labels: labels, devices: [device.id], isBallot: true))
                }
            }
            let tallyBase = Int32(plan.tallies.count)
            for source in rule.tallies {
                switch source {
                case .ballot(let ballot): addTally(voters[ballot])
                case .alarms(let asked): addTally(related(asked, to: rule, group, labels))
                }
            }
            let instance = Instance(
                program: program, operandBase: addOperands(rule.operands, members), tallyBase: tallyBase,
                noDataAfter: longestSilence(rule, members))
            let number = add(
                instance,
                RuleInstance(
                    rule: index, group: group, labels: labels, devices: members.map(\.id), maintained: maintained))
            guard asked.contains(rule.name) else { continue }
            let own = Dictionary(zip(rule.forEach, values)) { first, _ in first }
            self.groups[rule.name, default: []].append((number, own.merging(labels) { own, _ in own }))
            byGroup[rule.name, default: [:]][group] = number
        }
        forEach[rule.name] = rule.forEach
    }

    /// Returns the longest time for which a sensor that a rule uses in a group may be silent.
    private func longestSilence(_ rule: Rule, _ members: [Device]) -> TimeSpan {
        let measured = Set(rule.quantities)
        return members.flatMap { device in
            device.fields.filter { measured.contains($0.quantity.name) }.map { device.silence(of: $0) }
        }.max() ?? .zero
    }

    private mutating func add(_ instance: Instance, _ described: RuleInstance) -> Int32 {
        plan.instances.append(instance)
        instances.append(described)
        return Int32(instances.count - 1)
    }

    private mutating func addTally(_ members: [Int32]) {
        plan.tallies.append(Tally(firstMember: Int32(plan.members.count), memberCount: Int32(members.count)))
        plan.members += members
    }

    /// Binds operands to the series of some devices.
    /// - Returns: the index of the first operand in the plan.
    private mutating func addOperands(_ operands: [MeasuredQuantity], _ devices: [Device]) -> Int32 {
        let base = Int32(plan.operands.count)
        for operand in operands {
            let first = Int32(plan.sources.count)
            for device in devices {
                guard let field = device.field(operand.quantity.name), field.maintenance == nil else { continue }
                var id = series(device.id, field.quantity)
                if operand.selection != .usable { id = twin(of: id, taking: operand.selection) }
                var window = operand.window ?? device.silence(of: field)
                if operand.isAtLeastItsSilence { window = max(window, field.silence ?? .zero) }
                plan.sources.append(OperandSource(series: id, window: window))
            }
            plan.operands.append(
                Operand(operand.measure, firstSource: first, sourceCount: Int32(plan.sources.count) - first))
        }
        return base
    }

    private mutating func twin(of id: SeriesID, taking selection: ReadingSelection) -> SeriesID {
        if let twin = twins[selection]?[id] { return twin }
        let twin = SeriesID(index: Int32(plan.series.count))
        plan.series.append(plan.series[Int(id.index)])
        plan.series[Int(twin.index)].selection = selection
        // A sensor without poor readings is not silent.
        if selection != .all { plan.series[Int(twin.index)].silence = .longest }
        plan.series[Int(id.index)].twin = twin
        twins[selection, default: [:]][id] = twin
        return twin
    }

    /// Returns the alarms of another rule that a group may ask for: those in the same group or in groups that agree
    /// with it. Groups agree if they agree in every `for_each` label of either rule that both groups have. Labels that
    /// are paths agree if one contains the other: a province may count the alarms of its towns' stations.
    private func related(_ asked: String, to rule: Rule, _ group: String, _ labels: [String: String]) -> [Int32] {
        let theirs = forEach[asked] ?? []
        if theirs == rule.forEach { return byGroup[asked]?[group].map { [$0] } ?? [] }
        return (groups[asked] ?? []).compactMap { instance, values in
            var shared = 0
            for label in Set(rule.forEach).union(theirs) {
                guard let own = labels[label], let other = values[label] else { continue }
                guard own == other || own.hasPrefix(other + "/") || other.hasPrefix(own + "/") else { return nil }
                shared += 1
            }
            return shared > 0 ? instance : nil
        }
    }
}

/// The programs that a program with parameters becomes: one for each set of values.
private struct FilledPrograms {
    private let program: Program
    private let parameters: ProgramParameters
    private let index: Int32
    private var filled: [ParameterValues: Int32] = [:]

    /// - Parameter index: the program's own place in the plan. Without parameters it is the only one.
    init(_ program: Program, _ parameters: ProgramParameters, at index: Int32) {
        (self.program, self.parameters, self.index) = (program, parameters, index)
    }

    /// Returns the place of the program with some values. It is added if the plan does not have it.
    /// - Returns: `nil` without values.
    mutating func index(_ values: ParameterValues?, in plan: inout Plan) -> Int32? {
        guard let values else { return nil }
        if values.isEmpty { return index }
        if let known = filled[values] { return known }
        plan.programs.append(parameters.filled(program, values))
        let place = Int32(plan.programs.count - 1)
        filled[values] = place
        return place
    }
}

extension Device {
    /// Returns whether it measures any of these quantities with a sensor that is not in maintenance.
    fileprivate func works(for quantities: Set<String>) -> Bool {
        fields.contains { quantities.contains($0.quantity.name) && $0.maintenance == nil }
    }

    fileprivate func isInMaintenance(for quantities: Set<String>) -> Bool {
        fields.contains { quantities.contains($0.quantity.name) && $0.maintenance != nil }
    }
}

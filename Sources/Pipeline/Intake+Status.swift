internal import AlarmModel
internal import Alarms
internal import Devices
internal import Escalation
internal import RuleEngine
internal import RuleLanguage
internal import RulePlan
internal import SiteConfiguration
internal import Telemetry

extension Intake {
    /// Returns the present status of each active alarm. O(alarms × what their rules measure).
    mutating func status(at now: Instant) -> [AlarmStatus] {
        writeRemarks()
        return book.activeInstances.compactMap { instance in
            let account = engine.account(of: instance)
            let series = measured(by: instance)
            return book.status(
                account, newestReading: series.compactMap { engine.newestTime(of: $0) }.max(),
                trend: series.count == 1 ? trend(of: series[0]) : nil,
                next: book.alarm(of: instance).map { planner.upcoming(of: $0.id, at: now) } ?? [])
        }
    }

    /// Returns the present summary of each active alarm, by its identity.
    mutating func summaries() -> [String: String] {
        writeRemarks()
        var summaries: [String: String] = [:]
        for instance in book.activeInstances {
            let account = engine.account(of: instance)
            if let status = book.status(account, newestReading: nil, trend: nil, next: []) {
                summaries[status.alarm] = status.summary
            }
        }
        return summaries
    }

    /// The series of the first quantity that an instance measures. For a vote, it is what the voting sensors measure.
    private func measured(by instance: Int) -> [SeriesID] {
        let plan = model.rules.plan
        func sources(_ instance: Instance) -> [SeriesID] {
            guard plan.programs[Int(instance.program)].operandCount > 0 else { return [] }
            let operand = plan.operands[Int(instance.operandBase)]
            return plan.sources[Int(operand.firstSource)...].prefix(Int(operand.sourceCount)).map(\.series)
        }
        let own = plan.instances[instance]
        let series = sources(own)
        guard series.isEmpty else { return series }
        let tallies = plan.tallies[Int(own.tallyBase)...].prefix(Int(plan.programs[Int(own.program)].tallyCount))
        let voters = tallies.flatMap { plan.members[Int($0.firstMember)...].prefix(Int($0.memberCount)) }
        return voters.filter { model.rules.instances[Int($0)].isBallot }.flatMap { sources(plan.instances[Int($0)]) }
    }

    /// The trend over a quarter of an hour, in the unit that the device sends. For a device that sends less often, it
    /// covers ten readings.
    private mutating func trend(of series: SeriesID) -> AlarmStatus.Trend? {
        guard Int(series.index) < model.series.devices.count,
            let device = model.site.devices.first(where: { $0.id == model.series.devices[Int(series.index)] }),
            let field = device.field(model.series.quantities[Int(series.index)]), field.source.isInPayload,
            !device.isGateway,
            let slope = engine.trend(of: series, over: max(.minutes(15), device.interval * 10))
        else { return nil }
        return AlarmStatus.Trend(
            quantity: field.quantity.name, perHour: slope * 3600 * field.quantity.unit.scale / field.unit.scale,
            unit: field.unit.symbol)
    }
}

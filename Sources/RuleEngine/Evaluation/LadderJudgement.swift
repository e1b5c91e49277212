internal import AlarmModel
internal import RulePlan

/// Moves an instance's ladder by the conditions in the registers.
///
/// A step holds while `when` is true; with `until`, from `when` to `until`. While its condition is unknown, a step
/// that held still holds. The alarm is at the highest step that holds. If none holds, it ends if there is no `clear`
/// or `clear` is true; otherwise it stays at the lowest step. A step that holds takes precedence over a `clear` that
/// is true at the same time.
///
/// A group without data stays in that state until all conditions are known, or a step holds.
///
/// - Returns: `true` if it is unknown whether a step holds.
@inline(__always)
func judge(
    _ program: ProgramLayout.Stretch, _ steps: borrowing Slab<LadderStep>, _ state: inout InstanceState,
    _ registers: borrowing Slab<Double>
) -> Bool {
    // While the condition of `suppress` is unknown, the alarm is not suppressed.
    state.isSuppressed = program.suppress >= 0 && registers[program.suppress] == 1
    var held: UInt8 = 0
    var top = -1
    var topIsKnown = true
    var isUnknown = false
    for index in 0..<program.stepCount {
        let step = steps[program.firstStep + index]
        let when = registers[Int(step.when)]
        let bit = UInt8(1) << UInt8(index)
        let before = state.held & bit != 0
        var holds = when == 1
        var known = !when.isNaN
        if !known { isUnknown = true }
        if !holds {
            if let until = step.until {
                let ends = registers[Int(until)]
                holds = before && ends != 1
                known = known && !ends.isNaN || !holds && ends == 1
            } else if when.isNaN {
                holds = before
            }
        }
        if holds {
            held |= bit
            top = index
            topIsKnown = known
        }
    }
    state.held = held
    if top >= 0 {
        state.level = steps[program.firstStep + top].level
        state.isUncertain = !topIsKnown
        state.hasNoData = false
    } else if state.hasNoData {
        if !isUnknown {
            state.level = .normal
            state.hasNoData = false
        }
    } else if state.level == .normal {
        state.isUncertain = false
    } else if program.clear >= 0 {
        let clears = registers[program.clear]
        if clears == 1 {
            state.level = .normal
            state.isUncertain = false
        } else {
            state.level = steps[program.firstStep].level
            state.isUncertain = clears.isNaN
        }
    } else {
        state.level = .normal
        state.isUncertain = false
    }
    return isUnknown
}

internal import RulePlan
internal import Telemetry

/// The parameters of a program: numbers that differ between the groups that share it.
///
/// The program of a rule has empty places for them. Each set of values makes a program of its own, in which the values
/// are constants. So the engine knows no parameters, and a threshold that each gauge has for itself is tested as fast
/// as one that stands in the rule.
struct ProgramParameters: Sendable, Hashable {
    /// An instruction that takes a parameter's value as its constant.
    struct Place: Sendable, Hashable {
        var reference: ParameterReference
        /// The unit of the constant.
        var unit: Unit
        /// Set if a value that is equal is above, too: the engine only tests for `>`.
        var isReached: Bool
    }

    /// The places. An instruction names its own by ``RulePlan/Instruction/c``, counted from 1.
    private(set) var places: [Place] = []

    var references: Set<ParameterReference> { Set(places.map(\.reference)) }

    /// Returns an instruction with a place for a parameter. Equal places are one.
    mutating func place(
        _ reference: ParameterReference, in unit: Unit, isReached: Bool = false, of instruction: Instruction
    ) -> Instruction {
        let place = Place(reference: reference, unit: unit, isReached: isReached)
        let index = places.firstIndex(of: place) ?? places.endIndex
        if index == places.endIndex { places.append(place) }
        var instruction = instruction
        instruction.c = Int32(index + 1)
        instruction.constant = .nan
        return instruction
    }

    /// Returns a program with the values in their places.
    func filled(_ program: Program, _ values: ParameterValues) -> Program {
        var program = program
        for index in program.instructions.indices {
            let number = Int(program.instructions[index].c)
            guard number > 0, program.instructions[index].takesParameter else { continue }
            let place = places[number - 1]
            let value = values[place.reference]?.value(in: place.unit) ?? .nan
            program.instructions[index].constant = place.isReached ? value.nextDown : value
            program.instructions[index].c = 0
        }
        return program
    }
}

/// The values of a group's, or a device's, parameters.
typealias ParameterValues = [ParameterReference: Literal]

extension Instruction {
    /// True for the operations that have a constant and no third input.
    fileprivate var takesParameter: Bool { operation == .constant || operation == .threshold }
}

internal import RulePlan
internal import Telemetry

/// The properties of an aggregate that the rule language uses. Only this file of the module lists the aggregates.
struct MeasureTraits {
    /// The relation of an aggregate's value to the quantity that it measures.
    enum Result {
        /// A value of the quantity: a temperature stays a temperature.
        case value
        /// A difference of two values.
        case difference
        /// A sum of values. The sum of temperatures has no meaning, because it depends on where their scale begins.
        case sum
        case perTime
        /// A value times time. It has no meaning for temperatures, just as a sum has none.
        case timesTime
        case plainNumber
        case seconds
    }

    let result: Result
    /// The number of readings that a window needs for a known value, and for a meaningful one; `nil` if the number
    /// does not matter.
    let readingsNeeded: (known: Int64, meaningful: Int64)?
    /// Set if the value lies between the lowest and the highest reading of the window.
    let isAmongReadings: Bool
    /// Set if the value is one that a sensor sent, or a count, so that it has no rounding error.
    let isExact: Bool
    /// Set if the value describes the arrival of readings, and not their values.
    let isAboutSilence: Bool

    private init(
        _ result: Result, readings: (known: Int64, meaningful: Int64)? = nil, isAmongReadings: Bool = false,
        isExact: Bool = false, isAboutSilence: Bool = false
    ) {
        self.result = result
        readingsNeeded = readings
        self.isAmongReadings = isAmongReadings
        self.isExact = isExact
        self.isAboutSilence = isAboutSilence
    }

    init(of aggregate: Aggregate) {
        self =
            switch aggregate {
            case .mean: Self(.value, readings: (1, 1), isAmongReadings: true)
            case .minimum, .maximum, .first, .last:
                Self(.value, readings: (1, 1), isAmongReadings: true, isExact: true)
            case .quantile: Self(.value, readings: (1, 5), isAmongReadings: true)
            // The readings before the window count as well, so that one reading in it is enough.
            case .timeMean: Self(.value, readings: (1, 2), isAmongReadings: true)
            case .smoothed: Self(.value, isAmongReadings: true)
            case .forecast: Self(.value, readings: (2, 5))
            case .sum: Self(.sum, readings: (1, 1))
            case .integral: Self(.timesTime, readings: (1, 2))
            case .deviation: Self(.difference, readings: (2, 5))
            case .delta, .increase: Self(.difference, readings: (1, 2))
            case .spread: Self(.difference)
            case .slope: Self(.perTime, readings: (2, 5))
            case .rate: Self(.perTime, readings: (1, 2))
            case .standardScore: Self(.plainNumber, readings: (2, 5))
            case .changes: Self(.plainNumber, readings: (1, 2), isExact: true)
            case .count: Self(.plainNumber, isExact: true, isAboutSilence: true)
            case .age: Self(.seconds, isAboutSilence: true)
            case .suspicion: Self(.plainNumber, isExact: true)
            }
    }

    /// The type of the value for a quantity of a dimension; `nil` if it has no meaning.
    func type(for dimension: Dimension) -> ValueType? {
        switch result {
        case .value: .number(dimension, isPoint: dimension == .temperature)
        case .difference: .number(dimension, isPoint: false)
        case .sum: dimension == .temperature ? nil : .number(dimension, isPoint: false)
        case .perTime: .number(dimension / .time, isPoint: false)
        case .timesTime: dimension == .temperature ? nil : .number(dimension * .time, isPoint: false)
        case .plainNumber: .number(.one, isPoint: false)
        case .seconds: .number(.time, isPoint: false)
        }
    }

    /// The unit in which the engine gives the value for a quantity that is kept in a unit.
    func unit(for unit: Unit) -> Unit {
        switch result {
        case .value, .sum: unit
        case .difference: unit.asDifference
        case .perTime: unit.perSecond
        case .timesTime: unit.timesSecond
        case .plainNumber: .one
        case .seconds: .coherent(.time)
        }
    }
}

extension Unit {
    fileprivate var perSecond: Unit { scaledDifference("\(symbol)/s", dimension / .time) }
    fileprivate var timesSecond: Unit { scaledDifference("\(symbol).s", dimension * .time) }
    fileprivate var asDifference: Unit {
        offset == 0 ? self : scaledDifference(dimension == .temperature ? "K" : symbol, dimension)
    }

    private func scaledDifference(_ symbol: String, _ dimension: Dimension) -> Unit {
        Unit(scaling: scale, of: dimension, symbol: symbol)
    }
}

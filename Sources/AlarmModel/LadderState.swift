/// The part of an instance's state that its samples do not determine. It is stored with the alarm.
package struct LadderState: Hashable, Sendable {
    package var level: Level
    package var held: UInt8
    package var isUncertain: Bool
    package var hasNoData: Bool
    package var isSuppressed: Bool

    package init(level: Level, held: UInt8, isUncertain: Bool, hasNoData: Bool = false, isSuppressed: Bool = false) {
        self.level = level
        self.held = held
        self.isUncertain = isUncertain
        self.hasNoData = hasNoData
        self.isSuppressed = isSuppressed
    }
}

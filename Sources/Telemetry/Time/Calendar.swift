/// Hours of the week in the site's time zone, without holidays.
package struct Calendar: Sendable, Hashable {
    /// ISO 8601: 1 for Monday to 7 for Sunday.
    package var weekdays: Set<Int>
    /// Minutes of the day. If `to` is not after `from`, it belongs to the next day.
    package var from: Int
    package var to: Int
    /// Days that the calendar leaves out, counted from 1970-01-01.
    package var holidays: Set<Int>

    package init(weekdays: Set<Int>, from: Int, to: Int, holidays: Set<Int>) {
        self.weekdays = weekdays
        self.from = from
        self.to = to
        self.holidays = holidays
    }

    /// Returns whether the calendar includes a moment. Hours over midnight belong to the day on which they begin.
    package func includes(_ time: Instant, _ zone: ZoneTable) -> Bool {
        let (day, minute) = zone.dayAndMinute(at: time)
        if to > from { return isOpen(day) && minute >= from && minute < to }
        return isOpen(day) && minute >= from || isOpen(day - 1) && minute < to
    }

    private func isOpen(_ day: Int) -> Bool {
        weekdays.contains(CivilDate.weekday(daysSinceEpoch: Int64(day))) && !holidays.contains(day)
    }
}

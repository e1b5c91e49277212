package import Devices

extension Position {
    /// The middle of some positions; an elevation only where there is one position.
    static func middle(of positions: [Position]) -> Position? {
        guard !positions.isEmpty else { return nil }
        let count = Double(positions.count)
        return Position(
            latitude: positions.map(\.latitude).reduce(0, +) / count, longitude: positions.map(\.longitude).reduce(0, +) / count,
            elevation: positions.count == 1 ? positions[0].elevation : nil)
    }

    /// The corners of the smallest convex area that holds some positions, counter-clockwise; empty where they lie on a
    /// line. O(n log n) (A. M. Andrew, "Another efficient algorithm for convex hulls in two dimensions", 1979).
    ///
    /// Degrees are taken for lengths, which changes no corner of an area that does not hold a pole or the 180th meridian.
    package static func hull(of positions: [Position]) -> [Position] {
        let points = Set(positions.map { [$0.longitude, $0.latitude] }).sorted { ($0[0], $0[1]) < ($1[0], $1[1]) }
        guard points.count >= 3 else { return [] }
        func turns(_ a: [Double], _ b: [Double], _ c: [Double]) -> Double { (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) }
        func half(_ points: [[Double]]) -> [[Double]] {
            var corners: [[Double]] = []
            for point in points {
                while corners.count >= 2, turns(corners[corners.count - 2], corners[corners.count - 1], point) <= 0 { corners.removeLast() }
                corners.append(point)
            }
            return corners.dropLast()
        }
        let corners = half(points) + half(points.reversed())
        return corners.count >= 3 ? corners.map { Position(latitude: $0[1], longitude: $0[0], elevation: nil) } : []
    }
}

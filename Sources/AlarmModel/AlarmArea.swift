internal import Foundation
package import Telemetry

/// The area that holds the devices of an alarm: a circle around their middle, and also a polygon if they span one.
///
/// A receiver may read a polygon as a plane of degrees. So no polygon crosses the 180th meridian: it is cut in two
/// there (RFC 7946, 3.1.9). No polygon comes near a pole, where a plane cannot show what a circle can.
package struct AlarmArea: Codable, Hashable, Sendable {
    package var middle: Position
    /// In kilometres, with a margin; 0 if all devices have one position.
    package var radius: Double
    /// The corners of each polygon, counter-clockwise; empty if only the circle holds the devices.
    package var polygons: [[Position]]

    /// - Returns: `nil` without positions. O(n log n).
    package init?(of positions: [Position]) {
        guard let first = positions.first else { return nil }
        let middle = Self.middle(of: positions) ?? first
        let farthest = positions.map { middle.kilometres(to: $0) }.max() ?? 0
        self.middle = middle
        // Using a sphere instead of the ellipsoid is wrong by up to 0.6 %.
        radius = farthest < 0.000_1 ? 0 : (farthest * 1.01 * 1000).rounded(.up) / 1000
        polygons = Self.polygons(of: positions)
    }

    package init(middle: Position, radius: Double, polygons: [[Position]]) {
        (self.middle, self.radius, self.polygons) = (middle, radius, polygons)
    }

    /// The direction of the sum of the unit vectors; `nil` if they cancel out.
    private static func middle(of positions: [Position]) -> Position? {
        if let first = positions.first, Set(positions.map(Spot.init)).count == 1 {
            return positions.count == 1 ? first : Position(latitude: first.latitude, longitude: first.longitude)
        }
        var (x, y, z) = (0.0, 0.0, 0.0)
        for position in positions {
            let (latitude, longitude) = (position.latitude * .pi / 180, position.longitude * .pi / 180)
            x += cos(latitude) * cos(longitude)
            y += cos(latitude) * sin(longitude)
            z += sin(latitude)
        }
        guard (x * x + y * y + z * z).squareRoot() > 1e-9 * Double(positions.count) else { return nil }
        return Position(
            latitude: rounded(atan2(z, (x * x + y * y).squareRoot()) * 180 / .pi),
            longitude: rounded(atan2(y, x) * 180 / .pi))
    }

    /// Rounds degrees to six places, a tenth of a metre, as messages show them.
    private static func rounded(_ degrees: Double) -> Double { (degrees * 1e6).rounded() / 1e6 + 0 }
}

// MARK: - Polygons

extension AlarmArea {
    /// A position on a plane of degrees, where the longitude may exceed 180.
    private struct Spot: Hashable {
        var latitude: Double
        var longitude: Double

        init(_ latitude: Double, _ longitude: Double) { (self.latitude, self.longitude) = (latitude, longitude) }
        init(_ position: Position) { self.init(rounded(position.latitude), rounded(position.longitude)) }
    }

    /// The polygon exceeds the span of its devices by this share on each side, so that none of them lies on an edge.
    private static let margin = 0.02
    /// A polygon that is narrower than this, or than a hundredth of its length, has no room for anybody: only the
    /// circle is used.
    private static let narrowestKilometres = 0.01

    private static func polygons(of positions: [Position]) -> [[Position]] {
        let corners = hull(of: unrolled(Set(positions.map(Spot.init))))
        guard corners.count >= 3, isWide(corners) else { return [] }
        let ring = widened(corners)
        // Near a pole, an edge runs differently on a plane than on the earth.
        guard ring.allSatisfy({ abs($0.latitude) < 89 }) else { return [] }
        return [-360.0, 0, 360].compactMap { turn in
            var points: [Position] = []
            for spot in clipped(ring, above: turn - 180, below: turn + 180) {
                let point = Position(latitude: rounded(spot.latitude), longitude: rounded(spot.longitude - turn))
                if points.last != point { points.append(point) }
            }
            if points.count > 1, points.last == points.first { points.removeLast() }
            // A part that crosses the meridian by less than a message can show is dropped.
            let (west, east) = (points.map(\.longitude).min() ?? 0, points.map(\.longitude).max() ?? 0)
            return points.count >= 3 && east - west > 1e-6 ? points : nil
        }
    }

    /// Returns the positions with longitudes that begin after the widest gap, so that the polygon does not reach the
    /// long way around the earth. Empty if the positions reach around half of the earth or more, as they do around a
    /// pole.
    private static func unrolled(_ spots: Set<Spot>) -> [Spot] {
        let sorted = spots.sorted { $0.longitude < $1.longitude }
        guard let first = sorted.first, let last = sorted.last else { return [] }
        var (gap, start) = (first.longitude + 360 - last.longitude, first.longitude)
        for (west, east) in zip(sorted, sorted.dropFirst()) where east.longitude - west.longitude > gap {
            (gap, start) = (east.longitude - west.longitude, east.longitude)
        }
        guard gap > 180 else { return [] }
        return sorted.map { Spot($0.latitude, $0.longitude < start ? $0.longitude + 360 : $0.longitude) }
    }

    /// The corners of the convex hull, counter-clockwise (A. M. Andrew, "Another efficient algorithm for convex hulls
    /// in two dimensions", 1979).
    private static func hull(of spots: [Spot]) -> [Spot] {
        let sorted = Set(spots).sorted { ($0.longitude, $0.latitude) < ($1.longitude, $1.latitude) }
        guard sorted.count >= 3 else { return [] }
        func turn(_ a: Spot, _ b: Spot, _ c: Spot) -> Double {
            (b.longitude - a.longitude) * (c.latitude - a.latitude) - (b.latitude - a.latitude)
                * (c.longitude - a.longitude)
        }
        func half(_ spots: [Spot]) -> [Spot] {
            var corners: [Spot] = []
            for spot in spots {
                while corners.count >= 2, turn(corners[corners.count - 2], corners[corners.count - 1], spot) <= 0 {
                    corners.removeLast()
                }
                corners.append(spot)
            }
            return corners.dropLast()
        }
        return half(sorted) + half(sorted.reversed())
    }

    /// Returns whether a convex ring is wide enough to be an area.
    private static func isWide(_ ring: [Spot]) -> Bool {
        let origin = ring[0]
        let degree = Double.pi / 180 * 6371.0088
        let shrink = cos(ring.map(\.latitude).reduce(0, +) / Double(ring.count) * .pi / 180)
        let points = ring.map {
            (x: ($0.longitude - origin.longitude) * shrink * degree, y: ($0.latitude - origin.latitude) * degree)
        }
        var (area, length) = (0.0, 0.0)
        for (a, b) in zip(points, points.dropFirst() + points.prefix(1)) {
            area += (a.x * b.y - a.y * b.x) / 2
            for other in points {
                let (x, y) = (a.x - other.x, a.y - other.y)
                length = max(length, (x * x + y * y).squareRoot())
            }
        }
        return length > 0 && area / length > max(narrowestKilometres, length / 100)
    }

    /// Returns the ring, enlarged around its middle.
    private static func widened(_ ring: [Spot]) -> [Spot] {
        let count = Double(ring.count)
        let middle = Spot(ring.map(\.latitude).reduce(0, +) / count, ring.map(\.longitude).reduce(0, +) / count)
        return ring.map {
            Spot(
                $0.latitude + ($0.latitude - middle.latitude) * margin,
                $0.longitude + ($0.longitude - middle.longitude) * margin)
        }
    }

    /// Returns the part of a convex ring between two meridians (I. E. Sutherland, G. W. Hodgman, "Reentrant Polygon
    /// Clipping", 1974).
    private static func clipped(_ ring: [Spot], above west: Double, below east: Double) -> [Spot] {
        func clip(_ ring: [Spot], at meridian: Double, _ isInside: (Spot) -> Bool) -> [Spot] {
            var result: [Spot] = []
            for (a, b) in zip(ring, ring.dropFirst() + ring.prefix(1)) {
                if isInside(a) { result.append(a) }
                if isInside(a) != isInside(b) {
                    let share = (meridian - a.longitude) / (b.longitude - a.longitude)
                    result.append(Spot(a.latitude + (b.latitude - a.latitude) * share, meridian))
                }
            }
            return result
        }
        return clip(clip(ring, at: west) { $0.longitude >= west }, at: east) { $0.longitude <= east }
    }
}

"""Pictures for sample images: a chest for CT and a head for MR, drawn from ellipsoids, tubes and noise.

Coordinates are millimetres in the patient: x to the left, y to the back, z to the head (PS3.3 C.7.6.2.1.1). Shapes have soft
edges, one pixel wide. All numbers are seeded; the same call always draws the same picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Plane", "draw_chest", "draw_head"]

Picture: TypeAlias = npt.NDArray[np.float32]
_Segment: TypeAlias = "tuple[tuple[float, float, float], tuple[float, float, float], float, float]"

_AIR = -1000.0
_FAT = -105.0
_MUSCLE = 55.0
_LUNG = -860.0
_BLOOD = 210.0
_CORTEX = 800.0
_SPONGIOSA = 210.0


class Plane:
    """One slice under the brush: values on a square grid around the origin.

    Parameters
    ----------
    size
        Rows and columns.
    spacing
        Distance of pixel centres, in mm.
    z
        Height of the slice, in mm.
    background
        Value everywhere before anything is painted.
    """

    def __init__(self, size: int, spacing: float, z: float, background: float) -> None:
        axis = (np.arange(size, dtype=np.float32) - (size - 1) / 2) * np.float32(spacing)
        self.x: Picture = axis[None, :]
        self.y: Picture = axis[:, None]
        self.spacing = spacing
        self.z = z
        self.values: Picture = np.full((size, size), background, dtype=np.float32)

    def paint(self, coverage: Picture, value: float | Picture, where: tuple[slice, slice] = (slice(None), slice(None))) -> None:
        """Blend a value in: coverage 1 replaces what is there, 0 leaves it."""
        region = self.values[where]
        region += coverage * (value - region)

    def soften(self, distance: Picture) -> Picture:
        """Coverage of pixels at a signed distance in mm from an edge, positive inside."""
        coverage: Picture = np.clip(distance / np.float32(self.spacing) + np.float32(0.5), 0, 1)
        return coverage

    def ellipse(self, cx: float, cy: float, rx: float, ry: float, power: float = 2.0, angle: float = 0.0) -> Picture:
        """Coverage of an ellipse, or of a superellipse for powers other than 2; ``angle`` in degrees turns x towards y."""
        x, y = self.x - np.float32(cx), self.y - np.float32(cy)
        if angle:
            cos, sin = np.float32(np.cos(np.radians(angle))), np.float32(np.sin(np.radians(angle)))
            x, y = x * cos + y * sin, y * cos - x * sin
        if power == 2.0:
            radius = np.sqrt((x / rx) ** 2 + (y / ry) ** 2)
        else:
            radius = (np.abs(x / rx) ** power + np.abs(y / ry) ** power) ** np.float32(1 / power)
        return self.soften((1 - radius) * np.float32(min(rx, ry)))

    def ellipsoid(self, center: tuple[float, float, float], radii: tuple[float, float, float], angle: float = 0.0) -> Picture | None:
        """Coverage of the section of an ellipsoid; None if the slice misses it."""
        height = (self.z - center[2]) / radii[2]
        if abs(height) >= 0.995:
            return None
        scale = float(np.sqrt(1 - height**2))
        return self.ellipse(center[0], center[1], radii[0] * scale, radii[1] * scale, angle=angle)

    def segment(self, segment: _Segment) -> tuple[Picture, tuple[slice, slice]] | None:
        """Coverage of the section of a round stick that tapers, and where it lies; None if the slice misses it."""
        (ax, ay, az), (bx, by, bz), first_radius, last_radius = segment
        reach = max(first_radius, last_radius) + self.spacing
        if not min(az, bz) - reach < self.z < max(az, bz) + reach:
            return None
        columns = self._span(min(ax, bx) - reach, max(ax, bx) + reach)
        rows = self._span(min(ay, by) - reach, max(ay, by) + reach)
        x, y = self.x[:, columns] - np.float32(ax), self.y[rows] - np.float32(ay)
        dx, dy, dz, h = bx - ax, by - ay, bz - az, self.z - az
        along = np.clip((x * np.float32(dx) + y * np.float32(dy) + np.float32(h * dz)) / np.float32(dx * dx + dy * dy + dz * dz), 0, 1)
        distance = np.sqrt((x - along * dx) ** 2 + (y - along * dy) ** 2 + (h - along * dz) ** 2)
        return self.soften(first_radius + along * (last_radius - first_radius) - distance), (rows, columns)

    def _span(self, low: float, high: float) -> slice:
        middle = (self.values.shape[0] - 1) / 2
        return slice(max(0, int(low / self.spacing + middle)), max(0, int(high / self.spacing + middle) + 2))


def _smooth_noise(random: np.random.RandomState, size: int, coarseness: int) -> Picture:
    """Noise of mean 0 and deviation 1 with patches of about ``coarseness`` pixels."""
    # Sums of a cyclic moving window, twice in each direction: close enough to a Gaussian blur.
    noise = random.standard_normal((size, size)).astype(np.float32)
    for axis in (0, 1, 0, 1):
        total = np.zeros_like(noise)
        for shift in range(coarseness):
            total += np.roll(noise, shift - coarseness // 2, axis)
        noise = total
    noise -= noise.mean()
    scaled: Picture = (noise / noise.std()).astype(np.float32)
    return scaled


def _grow_vessels(random: np.random.RandomState, side: float) -> list[_Segment]:
    """Branches of one lung's vessels, from the hilum outwards."""
    segments: list[_Segment] = []
    # Start, direction, radius and generation of branches still to draw.
    waiting = [((side * 36.0, 10.0, 62.0), direction, 5.4, 0) for direction in _first_directions(random, side)]
    while waiting:
        start, direction, radius, generation = waiting.pop()
        length = 24.0 * 0.88**generation * random.uniform(0.8, 1.2)
        end = tuple(s + d * length for s, d in zip(start, direction, strict=True))
        next_radius = radius * 0.77
        segments.append((start, (end[0], end[1], end[2]), radius, next_radius))
        if generation >= 7:
            continue
        for _ in range(2):
            turned = np.array(direction) + random.normal(0, 0.42, 3)
            turned /= np.sqrt((turned**2).sum())
            waiting.append(((end[0], end[1], end[2]), tuple(turned.tolist()), next_radius, generation + 1))
    return segments


def _first_directions(random: np.random.RandomState, side: float) -> Iterator[tuple[float, float, float]]:
    for y, z in ((-0.7, 0.5), (0.2, 0.9), (0.8, 0.3), (0.75, -0.55), (0.1, -0.85), (-0.75, -0.4), (-0.2, 0.1), (0.4, -0.1)):
        direction = np.array([side * 0.75, y, z]) + random.normal(0, 0.08, 3)
        direction /= np.sqrt((direction**2).sum())
        yield tuple(direction.tolist())


def draw_chest(size: int, spacing: float, z: float, *, seed: int, noise: float = 11.0) -> npt.NDArray[np.int16]:
    """Draw a slice of a chest after contrast medium.

    Parameters
    ----------
    size
        Rows and columns.
    spacing
        Distance of pixel centres in mm; 512 of 0.703125 mm suit the body.
    z
        Height in mm, 0 at the liver's dome to 120 at the aortic arch.
    seed
        Of the noise.
    noise
        Its standard deviation in HU.

    Returns
    -------
    ndarray
        HU, shape ``(size, size)``; -1024 outside the round field of view.
    """
    plane = Plane(size, spacing, z, _AIR)
    _draw_body(plane)
    _draw_lungs(plane)
    _draw_belly(plane)
    _draw_mediastinum(plane)
    _draw_bones(plane)
    _draw_table(plane)
    random = np.random.RandomState(seed)
    # Two grains: that of the reconstruction kernel, and a fainter, coarser one.
    grain = 0.85 * _smooth_noise(random, size, 2) + 0.5 * _smooth_noise(random, size, 5)
    hu = plane.values + np.float32(noise) * grain
    field_of_view = plane.ellipse(0, 0, size * spacing / 2, size * spacing / 2) > 0.5
    return np.where(field_of_view, np.clip(np.rint(hu), -1024, 3071), -1024).astype(np.int16)


def _body_radii(z: float) -> tuple[float, float]:
    """Half width and half depth of the trunk."""
    return 172.0 - 0.0006 * (z - 40) ** 2, 112.0 - 0.05 * z


def _draw_body(plane: Plane) -> None:
    rx, ry = _body_radii(plane.z)
    plane.paint(plane.ellipse(0, 0, rx, ry, 2.4), 25.0)  # skin
    plane.paint(plane.ellipse(0, 0, rx - 2, ry - 2, 2.4), _FAT)
    plane.paint(plane.ellipse(0, 1, rx - 15, ry - 11, 2.3), _MUSCLE)
    for side in (-1, 1):
        plane.paint(plane.ellipse(side * 22, ry - 22, 17, 12, 2.5), _MUSCLE + 4)  # erector spinae
        plane.paint(plane.ellipse(side * 108, 50, 2.2, 40, angle=-side * 34), _FAT + 25)  # between the muscles of the back
        plane.paint(plane.ellipse(side * 84, -ry + 25, 46, 1.6, angle=side * 16), _FAT + 25)  # under the pectoral muscles
    plane.paint(plane.ellipse(0, ry - 10, 3, 9), _FAT)


def _lung_coverage(plane: Plane, inset: float = 0.0) -> Picture:
    z = plane.z
    right = plane.ellipse(-73, 2, 57 - 0.08 * abs(z - 40) - inset, 83 - 0.12 * max(z - 40, 0) - inset, 2.3, angle=5)
    left = plane.ellipse(74, 4, 56 - 0.08 * abs(z - 40) - inset, 81 - 0.12 * max(z - 40, 0) - inset, 2.3, angle=-5)
    return np.maximum(right, left)


def _draw_lungs(plane: Plane) -> None:
    plane.paint(plane.ellipse(0, -5, 66, 74), _FAT + 10)  # mediastinal fat
    lungs = _lung_coverage(plane)
    # Blood sinks: the back is denser. Parenchyma has a grain of its own, the same in every slice.
    grain = _smooth_noise(np.random.RandomState(7), plane.values.shape[0], 4)
    parenchyma = np.float32(_LUNG) + np.float32(0.55) * plane.y + np.float32(14) * grain
    plane.paint(lungs, parenchyma)
    inside = _lung_coverage(plane, 3.0)
    random = np.random.RandomState(11)
    for side in (-1.0, 1.0):
        for segment in _grow_vessels(random, side):
            section = plane.segment(segment)
            if section is not None:
                coverage, where = section
                plane.paint(coverage * inside[where], 45.0, where)
    for center, radius, hu in (((-92.0, -28.0, 88.0), 8.5, 45.0), ((104.0, 38.0, 52.0), 4.5, 60.0), ((-60.0, 58.0, 30.0), 3.2, 320.0)):
        nodule = plane.ellipsoid(center, (radius, radius * 0.9, radius * 1.2))
        if nodule is not None:
            plane.paint(nodule, hu)


def _draw_belly(plane: Plane) -> None:
    grain = _smooth_noise(np.random.RandomState(13), plane.values.shape[0], 9)
    liver = plane.ellipsoid((-62, 8, -38), (82, 80, 72), angle=6)
    if liver is not None:
        plane.paint(liver * _lung_coverage(plane, -1.0), 108 + 5 * grain)
        lesion = plane.ellipsoid((-88, 22, 4), (11, 9, 10))
        if lesion is not None:
            plane.paint(lesion, 58.0)
    spleen = plane.ellipsoid((88, 42, -22), (42, 40, 42))
    if spleen is not None:
        plane.paint(spleen * _lung_coverage(plane, -1.0), 122 + 4 * grain)


def _draw_mediastinum(plane: Plane) -> None:
    _draw_heart(plane)
    z = plane.z
    # Great vessels: centre at the height given, drift per mm, radius, HU, from and to which height.
    for cx, cy, x_drift, y_drift, radius, hu, low, high in (
        (28.0, 46.0, -0.02, 0.0, 12.5, _BLOOD, -60, 112),  # descending aorta
        (-37.0, -12.0, 0.02, -0.02, 10.0, _BLOOD + 130, 46, 200),  # superior vena cava
        (20.0, -30.0, 0.0, 0.25, 15.0, _BLOOD + 40, 56, 84),  # pulmonary trunk
        (-40.0, 22.0, 0.0, 0.0, 12.0, 150.0, -60, 14),  # inferior vena cava
    ):
        if low <= z < high:
            x, y = cx + x_drift * (z - 60), cy + y_drift * (z - 60)
            plane.paint(plane.ellipse(x, y, radius + 1.5, radius + 1.5), 50.0)
            plane.paint(plane.ellipse(x, y, radius, radius), hu)
    arteries: tuple[_Segment, ...] = (
        ((18, -14, 74), (-48, 14, 68), 9.0, 8.0),  # right pulmonary artery
        ((22, -14, 78), (48, 24, 76), 9.0, 8.0),  # left pulmonary artery
        ((-14, -26, 58), (-12, -18, 108), 16.0, 14.5),  # ascending aorta
        ((-11, -19, 113), (27, 42, 113), 13.0, 12.0),  # aortic arch
    )
    _draw_tubes(plane, arteries, 1.5, 50.0, _BLOOD + 15)
    plane.paint(plane.ellipse(10, 38 + 0.05 * (z - 60), 8, 5.5), 45.0)  # oesophagus
    plane.paint(plane.ellipse(11, 38 + 0.05 * (z - 60), 2.6, 1.4), -600.0)
    airways: tuple[_Segment, ...] = (
        ((-6, 21, 88), (-12, 22, 200), 8.5, 8.5),
        ((-6, 21, 88), (-38, 26, 62), 7.5, 6.0),
        ((-6, 21, 88), (38, 28, 58), 7.0, 5.5),
    )
    _draw_tubes(plane, airways, 1.6, 20.0, -995.0)


def _draw_tubes(plane: Plane, tubes: tuple[_Segment, ...], wall: float, wall_hu: float, hu: float) -> None:
    """Draw all walls, then what is inside, so that tubes that meet open into each other."""
    for thickness, value in ((wall, wall_hu), (0.0, hu)):
        for start, end, first, last in tubes:
            section = plane.segment((start, end, first + thickness, last + thickness))
            if section is not None:
                plane.paint(section[0], value, section[1])


def _draw_heart(plane: Plane) -> None:
    for center, radii, angle, hu in (
        ((22, -20, 18), (62, 47, 54), 28, _FAT + 8),  # pericardial fat
        ((24, -19, 18), (57, 42, 49), 28, 95.0),  # muscle
        ((44, -10, 14), (27, 20, 34), 32, _BLOOD + 15),  # left ventricle
        ((4, -40, 14), (31, 14, 32), 18, _BLOOD - 20),  # right ventricle
        ((-24, -14, 26), (18, 23, 30), 0, _BLOOD + 20),  # right atrium
        ((6, 16, 36), (32, 14, 22), 6, _BLOOD + 10),  # left atrium
        ((36, -5, 10), (3.5, 5, 9), 0, 105.0),  # papillary muscles
        ((55, -17, 12), (3.5, 5, 9), 0, 105.0),
    ):
        section = plane.ellipsoid(center, radii, angle)
        if section is not None:
            plane.paint(section, hu)


def _draw_bones(plane: Plane) -> None:
    _draw_ribs(plane)
    grain = _smooth_noise(np.random.RandomState(17), plane.values.shape[0], 3)
    phase = plane.z % 25.0
    if phase < 4.5:  # a disc between two vertebrae
        plane.paint(plane.ellipse(0, 64, 19, 15), 85.0)
    else:
        plane.paint(plane.ellipse(0, 64, 20, 16), _CORTEX * 0.75)
        plane.paint(plane.ellipse(0, 64, 18.2, 14.2), _SPONGIOSA + 35 * grain)
    sticks: list[_Segment] = []
    for side in (-1.0, 1.0):
        sticks.append(((side * 13, 74, plane.z), (side * 13, 86, plane.z), 4.0, 4.0))  # pedicle
        sticks.append(((side * 13, 86, plane.z), (side * 1, 97, plane.z), 3.5, 3.5))  # lamina
        if 8 < phase < 20:
            sticks.append(((side * 13, 85, plane.z), (side * 36, 90, plane.z), 4.5, 3.5))  # transverse process
    if phase > 7:
        sticks.append(((0, 96, plane.z), (0, 106 - phase / 5, plane.z), 3.5, 2.5))  # spinous process
    for shrink, hu in ((0.0, _CORTEX * 0.8), (1.5, _SPONGIOSA + 90)):
        for start, end, first, last in sticks:
            section = plane.segment((start, end, first - shrink, last - shrink))
            if section is not None:
                plane.paint(section[0], hu, section[1])
    plane.paint(plane.ellipse(0, 84, 9.5, 7.5), 10.0)  # spinal canal
    plane.paint(plane.ellipse(0, 84, 5, 4), 42.0)
    front = -_body_radii(plane.z)[1] + 20
    plane.paint(plane.ellipse(0, front, 19, 6), _CORTEX * 0.6)  # sternum
    plane.paint(plane.ellipse(0, front, 17, 4.4), _SPONGIOSA - 20 + 20 * grain)
    if plane.z > 45:
        for side in (-1.0, 1.0):
            reach = min(1.0, (plane.z - 45) / 40)
            start = (side * (104 + 22 * reach), 62 - 26 * reach, plane.z)
            blade = plane.segment((start, (side * 92, 74, plane.z), 3.4, 2.2))  # shoulder blade
            if blade is not None:
                plane.paint(blade[0], _CORTEX * 0.65, blade[1])


def _draw_ribs(plane: Plane) -> None:
    """Ribs slope down from the spine to the front, so that a slice cuts each in another place."""
    rx, ry = 136.5 - 0.0008 * (plane.z - 40) ** 2, 95.0 - 0.05 * plane.z
    radius = np.sqrt((plane.x / np.float32(rx)) ** 2 + ((plane.y - 1) / np.float32(ry)) ** 2)
    # 0 at the spine, 1 at the sternum.
    along = np.abs(np.arctan2(plane.x / np.float32(rx), (plane.y - 1) / np.float32(ry))) / np.float32(np.pi)
    height = np.float32(plane.z + 400) + 105 * along - 28 * along**3
    height += np.where(plane.x < 0, np.float32(4.0), np.float32(0.0))  # no trunk is quite symmetrical
    pitch = np.float32(27.0)
    from_rib = np.abs((height + pitch / 2) % pitch - pitch / 2) / np.float32(6.5)
    from_ring = (radius - 1) * np.float32(min(rx, ry)) / np.float32(4.0)
    depth = (1 - np.sqrt(from_rib**2 + from_ring**2)) * np.float32(4.0)
    depth = np.where((along > 0.1) & (along < 0.93), depth, np.float32(-9))
    cartilage = along > 0.8
    plane.paint(plane.soften(depth), np.where(cartilage, np.float32(130), np.float32(_CORTEX * 0.85)))
    plane.paint(plane.soften(depth - np.float32(1.3)), np.where(cartilage, np.float32(120), np.float32(_SPONGIOSA + 40)))


def _draw_table(plane: Plane) -> None:
    sag = np.float32(0.00065) * plane.x**2
    surface = np.float32(126) - sag
    for offset, thickness, hu in ((0.0, 16.0, -920.0), (0.0, 1.6, -250.0), (14.4, 1.6, -250.0)):
        top = plane.soften(plane.y - surface - np.float32(offset))
        bottom = plane.soften(surface + np.float32(offset + thickness) - plane.y)
        plane.paint(top * bottom * plane.soften(np.float32(185) - np.abs(plane.x)), hu)


def draw_head(size: int, spacing: float, *, seed: int) -> npt.NDArray[np.uint16]:
    """Draw an axial slice of a head as T2-weighted MR shows it, fluid bright, in arbitrary units from 0 to 4095."""
    plane = Plane(size, spacing, 0.0, 0.0)
    random = np.random.RandomState(seed)
    plane.paint(plane.ellipse(0, 0, 77, 95, 2.1), 1100.0)  # scalp
    plane.paint(plane.ellipse(0, 0, 72.5, 90.5, 2.1), 120.0)  # skull
    plane.paint(plane.ellipse(0, 0, 67.5, 85.5, 2.1), 2700.0)  # fluid
    brain = plane.ellipse(0, 0, 66, 84, 2.1)
    radius: Picture = np.sqrt((plane.x / 66) ** 2 + (plane.y / 84) ** 2)
    depth: Picture = (1 - radius) * np.float32(66)
    folds = _smooth_noise(random, size, 8)
    folds = np.float32(0.8) * (folds + folds[:, ::-1]) * np.float32(0.7) + np.float32(0.5) * _smooth_noise(random, size, 7)
    # Fluid and grey matter reach inwards along the lines where the noise changes its sign, not far.
    from_sulcus: Picture = np.abs(folds) * np.float32(8) + np.maximum(depth - np.float32(13), 0) * np.float32(0.55)
    plane.paint(brain * plane.soften(from_sulcus - 0.9), 1620.0)  # grey matter
    plane.paint(brain * plane.soften(np.minimum(depth - 3.2, from_sulcus - 3.9)), 1000.0)  # white matter
    for half_width, waviness, value in ((2.9, 0.5, 1620.0), (0.9, 0.3, 2600.0)):  # the fissure between the halves, lined with grey
        across = plane.soften(np.float32(half_width) + np.float32(waviness) * folds - np.abs(plane.x))
        plane.paint(brain * across * plane.soften(np.abs(plane.y) - np.float32(31)), value)
    for side in (-1, 1):
        plane.paint(plane.ellipse(side * 24, 0, 8, 17, angle=-side * 12), 1330.0)  # lentiform nucleus
        plane.paint(plane.ellipse(side * 12, 11, 8, 12, angle=side * 20), 1380.0)  # thalamus
        plane.paint(plane.ellipse(side * 13, -20, 5, 8, angle=side * 20), 1420.0)  # caudate nucleus
        plane.paint(plane.ellipse(side * 7.5, -20, 4.2, 13, angle=-side * 22), 3050.0)  # frontal horn
        plane.paint(plane.ellipse(side * 22, 38, 4.6, 15, angle=-side * 28), 3050.0)  # occipital horn
    plane.paint(plane.ellipse(0, 6, 1.8, 11), 2950.0)  # third ventricle
    plane.paint(plane.ellipse(33, -30, 3.2, 2.6), 2400.0)  # a lesion
    # Coil sensitivity, and noise as the magnitude of a complex signal has it.
    shading = 1 + 0.18 * (plane.x / 100) - 0.15 * (plane.y / 100)
    signal = plane.values * shading
    real = signal + 38 * random.standard_normal((size, size)).astype(np.float32)
    imaginary = 38 * random.standard_normal((size, size)).astype(np.float32)
    return np.clip(np.rint(np.sqrt(real**2 + imaginary**2)), 0, 4095).astype(np.uint16)

"""Getters and setters of a data set whose names say which VR (PS3.5 6.2)."""

from cython cimport no_gc
from libc.stdint cimport uint16_t

from dicomkit._core.vr_code cimport *
from dicomkit.element cimport tag_of_key

from dicomkit.errors import InvalidValueError

__all__ = ["TypedAccess"]


@no_gc
cdef class TypedAccess:
    """What a data set can be asked for by type. A key is what it is there.

    A getter gives None when the element is absent, of another VR, or not of that type. A setter replaces the element, or adds it; None makes
    it empty; it raises what assigning raises, and :class:`InvalidValueError` where PS3.6 gives the element another VR.
    """

    # What a data set brings.

    cdef object _only(self, key, uint16_t vr):
        """All values of an element of exactly this VR, as a list; else None."""
        raise NotImplementedError

    cdef object _typed(self, key, str attribute):
        """A typed property of an element; None if it is absent."""
        raise NotImplementedError

    cdef object _items(self, key):
        """Items of a sequence; None if it is absent or none."""
        raise NotImplementedError

    cdef int _set(self, key, str vr, value) except -1:
        raise NotImplementedError

    cdef int _set_text(self, key, value, vr) except -1:
        raise NotImplementedError

    # Getters.

    cdef object _first(self, key, uint16_t vr):
        values = self._only(key, vr)
        return values[0] if values else None

    def string(self, key):
        """Text of a text VR, whole, without padding."""
        return self._typed(key, "string_value")

    def strings(self, key):
        """Texts of a text VR, without padding."""
        return self._typed(key, "string_values")

    def uint16(self, key):
        """First value of US."""
        return self._first(key, VR_US)

    def uint16s(self, key):
        """Values of US."""
        return self._only(key, VR_US)

    def uint32(self, key):
        """First value of UL."""
        return self._first(key, VR_UL)

    def uint32s(self, key):
        """Values of UL."""
        return self._only(key, VR_UL)

    def int16(self, key):
        """First value of SS."""
        return self._first(key, VR_SS)

    def int16s(self, key):
        """Values of SS."""
        return self._only(key, VR_SS)

    def int32(self, key):
        """First value of SL."""
        return self._first(key, VR_SL)

    def int32s(self, key):
        """Values of SL."""
        return self._only(key, VR_SL)

    def float32(self, key):
        """First value of FL."""
        return self._first(key, VR_FL)

    def float32s(self, key):
        """Values of FL."""
        return self._only(key, VR_FL)

    def float64(self, key):
        """First value of FD."""
        return self._first(key, VR_FD)

    def float64s(self, key):
        """Values of FD."""
        return self._only(key, VR_FD)

    def date(self, key):
        """First value of DA, as :class:`DICOMDate`."""
        return self._first(key, VR_DA)

    def time(self, key):
        """First value of TM, as :class:`DICOMTime`."""
        return self._first(key, VR_TM)

    def date_time(self, key):
        """First value of DT, as :class:`DICOMDateTime`."""
        return self._first(key, VR_DT)

    def foundation_date(self, key):
        """First value of DA as ``datetime.date``, or of DT as ``datetime.datetime``."""
        return self._typed(key, "foundation_date_value")

    def age(self, key):
        """First value of AS, as :class:`DICOMAgeString`."""
        return self._typed(key, "age_value")

    def decimal_string(self, key):
        """First value of DS, as :class:`DICOMDecimalString`."""
        return self._first(key, VR_DS)

    def decimal_strings(self, key):
        """Values of DS, all or none."""
        return self._only(key, VR_DS)

    def integer_string(self, key):
        """First value of IS, as :class:`DICOMIntegerString`."""
        return self._first(key, VR_IS)

    def integer_strings(self, key):
        """Values of IS, all or none."""
        return self._only(key, VR_IS)

    def person_name(self, key):
        """First value of PN, as :class:`DICOMPersonName`."""
        return self._first(key, VR_PN)

    def person_names(self, key):
        """Values of PN."""
        return self._only(key, VR_PN)

    def uid(self, key):
        """First value of UI, as :class:`DICOMUniqueIdentifier`."""
        return self._typed(key, "uid_value")

    def uids(self, key):
        """Values of UI, all or none."""
        return self._typed(key, "uid_values")

    def application_entity(self, key):
        """First value of AE, as :class:`DICOMApplicationEntity`."""
        return self._typed(key, "application_entity_value")

    def application_entities(self, key):
        """Values of AE, all or none."""
        return self._typed(key, "application_entity_values")

    def code_string(self, key):
        """First value of CS, as :class:`DICOMCodeString`."""
        return self._typed(key, "code_string_value")

    def code_strings(self, key):
        """Values of CS, all or none."""
        return self._typed(key, "code_string_values")

    def universal_resource(self, key):
        """Value of UR, as :class:`DICOMUniversalResource`."""
        return self._typed(key, "universal_resource_value")

    def universal_resources(self, key):
        """Value of UR in a list."""
        return self._typed(key, "universal_resource_values")

    def sequence(self, key):
        """Items of a sequence."""
        return self._items(key)

    def first_sequence_item(self, key):
        """First item of a sequence."""
        items = self._items(key)
        return items[0] if items else None

    def sequence_item_count(self, key):
        """How many items a sequence has; 0 when it is absent or none."""
        items = self._items(key)
        return 0 if items is None else len(items)

    def is_sequence(self, key):
        """Whether the element is there and a sequence."""
        return self._items(key) is not None

    # Setters.

    def set_string(self, key, value, vr=None):
        """Set text: several values with backslashes between.

        Parameters
        ----------
        key
            Tag, number, pair of numbers, keyword, or text ``(GGGG,EEEE)``.
        value
            The text.
        vr
            A text VR; by default the one of the element that is there, or of the dictionaries.

        Raises
        ------
        InvalidValueError
            If the VR is no text, or cannot hold the value.
        """
        if isinstance(value, (list, tuple)):
            raise InvalidValueError("set_string sets one text: set_strings sets several", tag=tag_of_key(key))
        self._set_text(key, value, vr)

    def set_strings(self, key, values, vr=None):
        """Set several texts."""
        self._set_text(key, list(values), vr)

    def set_sequence(self, key, items):
        """Set the items of a sequence; they are part of the data set from then on."""
        self._set(key, "SQ", list(items))

    def set_uint16(self, key, value):
        """Set US: a 16-bit unsigned integer."""
        self._set(key, "US", value)

    def set_uint16s(self, key, values):
        """Set US with several values."""
        self._set(key, "US", list(values))

    def set_uint32(self, key, value):
        """Set UL: a 32-bit unsigned integer."""
        self._set(key, "UL", value)

    def set_uint32s(self, key, values):
        """Set UL with several values."""
        self._set(key, "UL", list(values))

    def set_uint64(self, key, value):
        """Set UV: a 64-bit unsigned integer."""
        self._set(key, "UV", value)

    def set_uint64s(self, key, values):
        """Set UV with several values."""
        self._set(key, "UV", list(values))

    def set_int16(self, key, value):
        """Set SS: a 16-bit integer."""
        self._set(key, "SS", value)

    def set_int16s(self, key, values):
        """Set SS with several values."""
        self._set(key, "SS", list(values))

    def set_int32(self, key, value):
        """Set SL: a 32-bit integer."""
        self._set(key, "SL", value)

    def set_int32s(self, key, values):
        """Set SL with several values."""
        self._set(key, "SL", list(values))

    def set_int64(self, key, value):
        """Set SV: a 64-bit integer."""
        self._set(key, "SV", value)

    def set_int64s(self, key, values):
        """Set SV with several values."""
        self._set(key, "SV", list(values))

    def set_float32(self, key, value):
        """Set FL: a 32-bit floating point number."""
        self._set(key, "FL", value)

    def set_float32s(self, key, values):
        """Set FL with several values."""
        self._set(key, "FL", list(values))

    def set_float64(self, key, value):
        """Set FD: a 64-bit floating point number."""
        self._set(key, "FD", value)

    def set_float64s(self, key, values):
        """Set FD with several values."""
        self._set(key, "FD", list(values))

    def set_tag(self, key, value):
        """Set AT: a tag."""
        self._set(key, "AT", value)

    def set_tags(self, key, values):
        """Set AT with several values."""
        self._set(key, "AT", list(values))

    def set_date(self, key, value):
        """Set DA: a date: text, :class:`DICOMDate`, or ``datetime.date``."""
        self._set(key, "DA", value)

    def set_dates(self, key, values):
        """Set DA with several values."""
        self._set(key, "DA", list(values))

    def set_time(self, key, value):
        """Set TM: a time: text, :class:`DICOMTime`, or ``datetime.time``."""
        self._set(key, "TM", value)

    def set_times(self, key, values):
        """Set TM with several values."""
        self._set(key, "TM", list(values))

    def set_date_time(self, key, value):
        """Set DT: a date and time: text, :class:`DICOMDateTime`, or ``datetime.datetime``."""
        self._set(key, "DT", value)

    def set_date_times(self, key, values):
        """Set DT with several values."""
        self._set(key, "DT", list(values))

    def set_age(self, key, value):
        """Set AS: an age: text, or :class:`DICOMAgeString`."""
        self._set(key, "AS", value)

    def set_decimal_string(self, key, value):
        """Set DS: a number, or its text."""
        self._set(key, "DS", value)

    def set_decimal_strings(self, key, values):
        """Set DS with several values."""
        self._set(key, "DS", list(values))

    def set_integer_string(self, key, value):
        """Set IS: an integer, or its text."""
        self._set(key, "IS", value)

    def set_integer_strings(self, key, values):
        """Set IS with several values."""
        self._set(key, "IS", list(values))

    def set_person_name(self, key, value):
        """Set PN: a name."""
        self._set(key, "PN", value)

    def set_person_names(self, key, values):
        """Set PN with several values."""
        self._set(key, "PN", list(values))

    def set_uid(self, key, value):
        """Set UI: a UID."""
        self._set(key, "UI", value)

    def set_uids(self, key, values):
        """Set UI with several values."""
        self._set(key, "UI", list(values))

    def set_application_entity(self, key, value):
        """Set AE: an AE title."""
        self._set(key, "AE", value)

    def set_application_entities(self, key, values):
        """Set AE with several values."""
        self._set(key, "AE", list(values))

    def set_code_string(self, key, value):
        """Set CS: a code string."""
        self._set(key, "CS", value)

    def set_code_strings(self, key, values):
        """Set CS with several values."""
        self._set(key, "CS", list(values))

    def set_universal_resource(self, key, value):
        """Set UR: a URI."""
        self._set(key, "UR", value)

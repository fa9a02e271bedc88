# Value Representations in C (PS3.5 6.2): the two letters of the VR as they lie in an explicit header, read as a little-endian 16-bit number.
# 0 means that the VR is not known.

cdef enum VRCode:
    VR_AE = 0x4541
    VR_AS = 0x5341
    VR_AT = 0x5441
    VR_CS = 0x5343
    VR_DA = 0x4144
    VR_DS = 0x5344
    VR_DT = 0x5444
    VR_FD = 0x4446
    VR_FL = 0x4C46
    VR_IS = 0x5349
    VR_LO = 0x4F4C
    VR_LT = 0x544C
    VR_OB = 0x424F
    VR_OD = 0x444F
    VR_OF = 0x464F
    VR_OL = 0x4C4F
    VR_OV = 0x564F
    VR_OW = 0x574F
    VR_PN = 0x4E50
    VR_SH = 0x4853
    VR_SL = 0x4C53
    VR_SQ = 0x5153
    VR_SS = 0x5353
    VR_ST = 0x5453
    VR_SV = 0x5653
    VR_TM = 0x4D54
    VR_UC = 0x4355
    VR_UI = 0x4955
    VR_UL = 0x4C55
    VR_UN = 0x4E55
    VR_UR = 0x5255
    VR_US = 0x5355
    VR_UT = 0x5455
    VR_UV = 0x5655
    # Choices that PS3.6 leaves to the data set (PS3.5 Annex A, PS3.3 C.7.6.3, C.11). They never stand in a file.
    VR_XS = 0x5358  # US or SS
    VR_OX = 0x584F  # OB or OW
    VR_XW = 0x5758  # US or OW
    VR_XX = 0x5858  # US or SS or OW

"""The parts of the Windows and macOS dialogs that need neither: layouts, texts, flags, commands, answers. The rest is not run here."""

import ctypes

import pytest

from bridge.prompts import credui, osascript
from bridge.prompts.serving import DialogTimedOut, Shown

SHOWN = Shown(
    description='Ouvrir « a@b.example » " & do shell script "id" & "', prompt="Code PIN", ok="Valider", seconds=90
)


def test_the_structure_of_credui() -> None:
    pointer = ctypes.sizeof(ctypes.c_void_p)
    assert ctypes.sizeof(credui.CredUiInfo) == 5 * pointer  # wincred.h CREDUI_INFOW: DWORD padded, four pointers
    assert credui.CredUiInfo.pszMessageText.offset == 2 * pointer


def test_texts_fit_the_limits_of_credui() -> None:
    caption, message = credui.credential_texts(Shown(description="x" * 5000, prompt="y" * 500, error="Faux"))
    assert (len(caption), len(message)) == (127, 1023)
    assert message.startswith("Faux\nx")


def test_the_password_field_is_read_without_a_text() -> None:
    buffer = ctypes.create_unicode_buffer("86é24", 257)
    assert credui.utf8_of(buffer, 5) == bytearray("86é24".encode())


def test_surrogates_of_windows_are_one_character() -> None:
    units = (ctypes.c_wchar * 2)("\ud83d", "\udd11")
    assert credui.utf8_of(units, 2) == bytearray("\U0001f511".encode())


def test_a_notice_has_one_button() -> None:
    assert credui.consent_flags(only_close=True) & 0xF == credui.MB_OK
    assert credui.consent_flags(only_close=False) & 0xF == credui.MB_YESNO
    assert credui.CREDUIWIN_GENERIC | credui.CREDUIWIN_IN_CRED_ONLY == 0x21  # no "remember me"


@pytest.mark.parametrize("script", [osascript._ASK, osascript._AGREE, osascript._CLOSE])
def test_texts_are_arguments_and_never_script(script: str) -> None:
    command = osascript.command(script, SHOWN)
    end = command.index("--")
    assert command[0] == "/usr/bin/osascript"
    assert "".join(command[2:end:2]) == script.replace("\n", "")
    assert command[1:end:2] == ["-e"] * ((end - 1) // 2)
    assert command[end + 1 :] == [SHOWN.description, "Pli", "Valider", "Cancel", "90"]


def test_what_osascript_answers() -> None:
    answer = bytearray(b"typed:86\xc3\xa924\n")
    pin = osascript.typed(0, answer)
    assert pin is not None
    assert pin.octets == bytearray("86é24".encode())
    assert not answer.strip(b"\0")
    assert osascript.typed(1, bytearray(b"")) is None
    assert osascript.typed(0, bytearray(b"typed:\n")) is None
    with pytest.raises(DialogTimedOut):
        osascript.typed(0, bytearray(b"gave-up\n"))

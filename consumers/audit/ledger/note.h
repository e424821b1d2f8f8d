// Signed notes (c2sp.org/signed-note): a text, a blank line, and a line per signature.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "consumers/audit/ledger/keys.h"

namespace godwit::audit::ledger {

// Of a note that is read; 16 signatures must be accepted, some kinds have 5 kB.
inline constexpr std::size_t note_bytes_max = 1'000'000;
inline constexpr std::size_t note_signatures_max = 100;

struct Signature {
  std::string key_name;
  std::uint32_t key_id = 0;
  std::string bytes;  // without the key id

  bool operator==(const Signature&) const = default;
};

struct Note {
  std::string text;  // ends in a newline
  std::vector<Signature> signatures;

  bool operator==(const Note&) const = default;
};

// `text` ends in a newline and has no other control characters.
Signature sign(const Signer& signer, std::string_view text);
std::string format_note(const Note& note);
// Only the form: nothing is verified, so nothing of it may be believed. `invalid` and why otherwise.
Result<Note> parse_note(std::string_view bytes);

// The note with those signatures only that were verified, at most one for each of `keys`. Signatures of
// unknown keys are ignored. `invalid` when there is none of a known key, or one of a known key is wrong.
Result<Note> open_note(std::string_view bytes, const std::vector<VerifierKey>& keys);

}  // namespace godwit::audit::ledger

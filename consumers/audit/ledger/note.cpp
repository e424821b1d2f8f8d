#include "consumers/audit/ledger/note.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "common/base/base64.h"
#include "common/event/forms.h"
#include "consumers/audit/ledger/bytes.h"
#include "consumers/audit/ledger/lines.h"

namespace godwit::audit::ledger {
namespace {

constexpr std::string_view signature_mark = "\u2014 ";

bool is_note_text(std::string_view bytes) {
  return event::is_utf8(bytes) && std::none_of(bytes.begin(), bytes.end(), [](char c) {
           return static_cast<unsigned char>(c) < ' ' && c != '\n';
         });
}

std::optional<Signature> parse_signature(std::string_view line) {
  if (!line.starts_with(signature_mark)) return std::nullopt;
  line.remove_prefix(signature_mark.size());
  const std::size_t name_end = line.find(' ');
  if (name_end == line.npos || !is_key_name(line.substr(0, name_end))) return std::nullopt;
  const auto bytes = from_base64(line.substr(name_end + 1));
  if (!bytes || bytes->size() <= sizeof(std::uint32_t)) return std::nullopt;
  std::string_view rest{*bytes};
  const std::uint32_t id = *take_u32(rest);
  return Signature{std::string{line.substr(0, name_end)}, id, std::string{rest}};
}

std::string names_of(const std::vector<Signature>& signatures) {
  std::string out;
  for (const Signature& one : signatures) {
    constexpr std::size_t named_bytes_max = 200;
    if (out.size() > named_bytes_max) return out + ", ...";
    out += fmt::format("{}{}+{:08x}", out.empty() ? "" : ", ", one.key_name, one.key_id);
  }
  return out;
}

}  // namespace

Signature sign(const Signer& signer, std::string_view text) {
  GODWIT_CHECK(text.ends_with('\n') && is_note_text(text), "a note that no verifier reads");
  return {signer.verifier().name, signer.verifier().id(), signer.sign(text)};
}

std::string format_note(const Note& note) {
  std::string out = note.text + "\n";
  for (const Signature& one : note.signatures) {
    std::string bytes;
    put_u32(bytes, one.key_id);
    out += fmt::format("{}{} {}\n", signature_mark, one.key_name, base64(bytes + one.bytes));
  }
  return out;
}

Result<Note> parse_note(std::string_view bytes) {
  if (bytes.size() > note_bytes_max) return invalid_error("a note is too large");
  if (!is_note_text(bytes)) return invalid_error("a note is not UTF-8 or has control characters");
  const std::size_t blank = bytes.rfind("\n\n");
  if (blank == bytes.npos || !bytes.ends_with('\n'))
    return invalid_error("a note has no signatures after a blank line");
  Note out{std::string{bytes.substr(0, blank + 1)}, {}};
  std::string_view rest = bytes.substr(blank + 2);
  while (const auto line = take_line(rest)) {
    auto signature = parse_signature(*line);
    if (!signature)
      return invalid_error(
          fmt::format("signature line {} of a note is malformed", out.signatures.size() + 1));
    if (out.signatures.size() == note_signatures_max) return invalid_error("a note has too many signatures");
    out.signatures.push_back(*std::move(signature));
  }
  if (out.signatures.empty()) return invalid_error("a note is not signed");
  return out;
}

Result<Note> open_note(std::string_view bytes, const std::vector<VerifierKey>& keys) {
  auto note = parse_note(bytes);
  if (!note) return note;
  Note out{note->text, {}};
  for (const VerifierKey& key : keys) {
    const std::uint32_t id = key.id();
    const auto found =
        std::find_if(note->signatures.begin(), note->signatures.end(),
                     [&](const Signature& one) { return one.key_id == id && one.key_name == key.name; });
    if (found == note->signatures.end()) continue;
    if (!verify(key.key, note->text, found->bytes))
      return invalid_error(fmt::format("the signature of {}+{:08x} is wrong", key.name, id));
    out.signatures.push_back(*found);
  }
  if (out.signatures.empty())
    return invalid_error(fmt::format("signed by no known key, but by {}", names_of(note->signatures)));
  return out;
}

}  // namespace godwit::audit::ledger

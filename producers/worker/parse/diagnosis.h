// Diagnosis: what to keep of a tool's standard error. The last line is often not the cause, so the first line
// in the tool's own name is kept apart from the tail.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "producers/worker/parse/framing.h"

namespace godwit::worker::parse {

struct DiagnosisOptions {
  std::size_t tail_bytes_max = 4096;  // the end of the output, as it came
  FramingOptions framing;
};

// A value; feed it the bytes of one stderr in order.
class Diagnosis {
 public:
  // `tool` is the program's name, as it begins its messages ("qemu-img: ...").
  explicit Diagnosis(std::string tool, DiagnosisOptions options = {});

  void feed(std::string_view bytes);
  void finish();

  // The first line that starts with the tool's name; empty when none does.
  const std::string& own_words() const { return named_; }
  // The first line of all, whoever wrote it.
  const std::string& first_line() const { return first_; }
  // Whether a line said that there is no room for more bytes.
  bool no_space() const { return no_space_; }
  // Valid UTF-8, cut at a line's start when longer than the bound.
  std::string tail() const;

 private:
  void take(std::string_view line);

  std::string tool_;
  DiagnosisOptions options_;
  LineFramer framer_;
  std::string first_, named_, tail_;
  bool no_space_ = false;
};

// The same text with each byte that is not valid UTF-8, and each control character but \n and \t, replaced by
// '?', so that it may stand in an event.
std::string printable_utf8(std::string_view text);

}  // namespace godwit::worker::parse

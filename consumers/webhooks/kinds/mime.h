// Parts of mails (RFC 5322, 2045, 2047), in ASCII with CRLF. Pure functions over UTF-8.
#pragma once

#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace godwit::webhooks::kinds {

// "Subject: ..." and CRLF, folded; a text that is not plain ASCII as encoded words of at most 75 characters.
// A line break in `text` never makes a header: it becomes a space.
std::string text_header(std::string_view name, std::string_view text);

// The text as encoded words, each on a line of its own.
std::string encoded_words(std::string_view text);

// "Sun, 22 Nov 2026 02:19:23 +0000".
std::string mail_date(Timestamp time);

// Quoted-printable: lines of at most 76 characters, CRLF between, none at the end.
std::string quoted_printable(std::string_view text);

}  // namespace godwit::webhooks::kinds

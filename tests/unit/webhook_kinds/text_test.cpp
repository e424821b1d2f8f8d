#include "consumers/webhooks/text.h"

#include <doctest/doctest.h>

#include "tests/unit/webhook_kinds/notices.h"

using namespace godwit;
using namespace godwit::webhooks;
using godwit::webhooks::kinds::test::repeat;

TEST_CASE("a duration reads as people write it") {
  CHECK(format_duration(Millis{0}) == "0s");
  CHECK(format_duration(Millis{250}) == "250ms");
  CHECK(format_duration(Millis{2500}) == "2.5s");
  CHECK(format_duration(Millis{900'000}) == "15m0s");
  CHECK(format_duration(Millis{3'605'000}) == "1h0m5s");
}

TEST_CASE("a text is cut between characters, never within") {
  CHECK(cut("abc", 3) == "abc");
  CHECK(cut("abcd", 3) == "ab\u2026");
  CHECK(cut("\U0001F4A5\U0001F4A5", 3) == "\U0001F4A5\u2026");
  CHECK(cut("\U0001F4A5", 1) == "\u2026");
  CHECK(cut("", 3).empty());
  CHECK(cut("abc", 0).empty());
}

TEST_CASE("what belongs to one character for a reader is kept or left out together") {
  CHECK(cut("ae\u0301x", 3) == "a\u2026");                                                    // an accent
  CHECK(cut("a\U0001F468\u200d\U0001F469b", 6) == "a\u2026");                                 // a joined pair
  CHECK(cut("a\U0001F44D\U0001F3FDb", 5) == "a\u2026");                                       // a skin tone
  CHECK(cut("\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7", 7) == "\U0001F1E9\U0001F1EA\u2026");  // two flags
  CHECK(units_of(cut(std::string{"a"}.append(repeat("\u0301", 10'000)), 500)) ==
        500);  // unless it has no end
}

TEST_CASE("an escape is never cut in two, and counts as long as it is") {
  CHECK(cut("a<b", 6, slack_escape) == "a&lt;b");
  CHECK(cut("a<b", 5, slack_escape) == "a\u2026");
  CHECK(cut("ab*", 4, discord_escape) == "ab\\*");
  CHECK(cut("ab*c", 4, discord_escape) == "ab\u2026");
  CHECK(cut("<&>\"'", 100, html_escape) == "&lt;&amp;&gt;&quot;&#39;");
}

TEST_CASE("for every text and limit a cut stays within it and is UTF-8") {
  for (const std::string& text : kinds::test::hostile_texts())
    for (const std::size_t limit : {1U, 2U, 3U, 17U, 256U, 4096U})
      for (const Escape escape :
           {Escape{nullptr}, Escape{slack_escape}, Escape{discord_escape}, Escape{html_escape}}) {
        const std::string piece = cut(plain(text), limit, escape);
        CHECK(units_of(piece) <= limit);
        CHECK(plain(piece) == piece);
        CHECK(piece.find("\uFFFD") == std::string::npos);
      }
}

TEST_CASE("plain text has no controls, no marks that turn it round, and only UTF-8") {
  CHECK(plain("a\x1b[31mb\tc\nd") == "a [31mb\tc\nd");
  CHECK(plain("a\r\nb\rc\u2028d") == "a\nb\nc\nd");
  CHECK(plain_line("a\r\nb\nc") == "a  b c");
  CHECK(plain("invoice\u202egnp.exe \u2066x\u2069\u200f") == "invoicegnp.exe x");
  CHECK(plain("a\u200bb\ufeff") == "ab");
  CHECK(plain("\xff\xc0\xafz\xed\xa0\x80") == "\uFFFD\uFFFD\uFFFDz\uFFFD\uFFFD\uFFFD");
  CHECK(plain("\xf0\x9f\x92") == "\uFFFD\uFFFD\uFFFD");
  CHECK(plain("\u05e9\u05dc\u05d5\u05dd") == "\u05e9\u05dc\u05d5\u05dd");  // Hebrew itself stays
}

#include <doctest/doctest.h>

#include "common/cluster/list.h"

namespace godwit::cluster {
namespace {

ListSpec by_place(std::size_t rows_max) {
  return {.name = "rows", .rows_max = rows_max, .before = std::less<>{}};
}

Page page(const std::string& places, bool more, std::optional<std::string> end = {}) {
  Page out{.rows = {}, .more = more, .end = std::move(end)};
  for (const char place : places) out.rows.push_back({std::string(1, place), "{}"});
  return out;
}

std::string places(const Page& page) {
  std::string out;
  for (const Row& row : page.rows) out += row.place;
  return out;
}

TEST_CASE("pages become one page in order, cut to its length") {
  const Page all = merge({page("adf", false), page("bce", false)}, by_place(4));
  CHECK(places(all) == "abcd");
  CHECK(all.more);
  CHECK_FALSE(merge({page("adf", false), page("bce", false)}, by_place(6)).more);
  CHECK(merge({}, by_place(6)).rows.empty());
}

TEST_CASE("nothing is told past the end of a page that has more") {
  // The first may still have c and d: with f told now, the next page would begin behind them.
  const Page all = merge({page("ab", true), page("ef", false)}, by_place(10));
  CHECK(places(all) == "ab");
  CHECK(all.more);
}

TEST_CASE("a page that was looked at further than its last row has a cursor for where that ended") {
  const Page searched = page("a", true, std::string{"d"});
  const Page all = merge({searched, page("bce", false)}, by_place(10));
  CHECK(places(all) == "abc");
  CHECK(all.more);
  CHECK(all.end == "d");
  CHECK(merge({searched, page("bce", true)}, by_place(2)).end == std::nullopt);  // ends at b
  const Page nothing = page("", true, std::string{"b"});
  const Page none = merge({nothing, page("xy", true)}, by_place(10));
  CHECK(places(none) == "");
  CHECK(none.end == "b");
  CHECK(list_response(none, {.known = true}, "rows").body ==
        R"({"rows":[],"count":0,"next_cursor":"b","ended_early":true,"partial":false})");
}

TEST_CASE("a page ends early when its rows are big, but never without a row") {
  Page big = page("abc", false);
  for (Row& row : big.rows) row.json = std::string(100, 'x');
  ListSpec spec = by_place(10);
  spec.bytes_max = 250;
  CHECK(places(merge({big}, spec)) == "ab");
  spec.bytes_max = 1;
  CHECK(places(merge({big}, spec)) == "a");
  CHECK(merge({big}, spec).more);
}

TEST_CASE("a page goes to another instance and comes back as it was") {
  Page sent = page("ab", true);
  sent.rows[0].json = R"({"x":[1,2.5,null,"\u00fc\"\n"],"y":{}})";
  const auto got = read_wire(to_wire(sent));
  REQUIRE(got);
  CHECK(places(*got) == "ab");
  CHECK(got->more);
  CHECK(to_wire(*got) == to_wire(*read_wire(to_wire(*got))));
}

TEST_CASE("a page of text, and one without rows, come back from another instance as they were") {
  Page sent = page("ab", false);
  sent.rows_are_text = true;
  sent.rows[0].json = "one,\"two\"\n";
  const auto got = read_wire(to_wire(sent));
  REQUIRE(got);
  CHECK(got->rows_are_text);
  CHECK(got->rows[0].json == sent.rows[0].json);
  CHECK_FALSE(got->end.has_value());
  CHECK(read_wire(to_wire(page("", true, std::string{"k"})))->end == "k");
}

TEST_CASE("what is no page is not taken for one") {
  for (const char* text : {"", "[]", "{}", R"({"rows":[]})", R"({"rows":[{"place":"a"}],"more":false})",
                           R"({"rows":[{"row":{}}],"more":false})", R"({"rows":[],"more":true})"}) {
    CAPTURE(text);
    CHECK_FALSE(read_wire(text));
  }
}

}  // namespace
}  // namespace godwit::cluster

// Lists over all instances: each reads a page of its own rows, and the pages are merged into one. Rows have
// one order over all files, and a cursor is a place in it, so pages follow each other without a gap or a
// double whoever owns what meanwhile.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/cluster/gather.h"

namespace godwit::cluster {

struct Row {
  std::string place;  // in the order of the list; also the cursor of a page that ends here
  std::string json;
};

// The first rows behind the cursor, in order. A page that has more has one row at least.
struct Page {
  std::vector<Row> rows;
  bool more = false;
};

struct ListSpec {
  std::string name = {};  // of the member that holds the rows
  std::size_t rows_max = 100;
  std::size_t bytes_max = 16 * 1024 * 1024;  // of rows in an answer; a page has one row at least
  // Whether the row at place `a` comes before the one at `b`. Places that others sent may be anything.
  std::function<bool(std::string_view a, std::string_view b)> before = {};
  // At most rows_max rows of these files.
  std::function<Page(const sqlite::Readers& files)> read = {};
};

// {"rows":[{"place":...,"row":{...}}],"more":bool}: a page as one instance gives it to another.
std::string to_wire(const Page& page);
std::optional<Page> read_wire(std::string_view json);

// The first rows of all pages together: never past the end of a page that has more, since what follows there
// is not known.
Page merge(std::vector<Page> pages, const ListSpec& spec);

// {"<name>":[...],"count":n,"next_cursor":...,"partial":...}, or the page as it is to an instance that asks.
http::Response answer_list(Peers& peers, const sqlite::Readers& all, const http::Request& request,
                           const ListSpec& spec);

// The same rows made into an answer by `compose`, which is called unless the coverage is not known.
using Compose = std::function<http::Response(const Page& page, const Coverage& coverage)>;
http::Response answer_rows(Peers& peers, const sqlite::Readers& all, const http::Request& request,
                           const ListSpec& spec, const Compose& compose);

}  // namespace godwit::cluster

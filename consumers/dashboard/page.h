// The page: HTML, style sheet and script, embedded into the program when it is built and served from memory.
#pragma once

#include <span>
#include <string_view>

#include "common/http/router.h"

namespace godwit::dashboard {

// One embedded file. The generated assets.cpp defines them all; views of static memory.
struct Asset {
  std::string_view path;  // "/assets/index-<hash>.js"; index.html is "/"
  std::string_view content_type;
  std::string_view body;
  std::string_view gzip;  // the same, packed; empty: there is no such form
  std::string_view etag;  // quoted, a hash of the body
};

std::span<const Asset> assets();

// A route for each asset, and index.html for every address of the page, so that links into it survive a
// reload. Names of assets hold a hash of their content: they are kept for a year. index.html is asked for
// again each time.
void add_page(http::Router& router);

}  // namespace godwit::dashboard

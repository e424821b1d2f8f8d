// The page as it is served. How it looks and behaves is for a browser to say.
#include <doctest/doctest.h>

#include <algorithm>

#include "consumers/dashboard/page.h"
#include "rig.h"

using namespace godwit;
using test::Rig;

namespace {

std::string header(const http::Response& response, std::string_view name) {
  for (const auto& entry : response.headers)
    if (entry.first == name) return entry.second;
  return "";
}

}  // namespace

TEST_CASE("the page and its assets are served with a strict policy") {
  const Rig rig;
  for (const auto& asset : dashboard::assets()) {
    CAPTURE(asset.path);
    const auto response = rig.get(std::string{asset.path});
    CHECK(response.status == 200);
    CHECK(response.content_type == asset.content_type);
    CHECK(response.body == asset.body);
    CHECK(response.body.size() > 100);
    CHECK(header(response, "Content-Security-Policy").starts_with("default-src 'self';"));
    CHECK(header(response, "Cache-Control") == "no-cache");
  }
  CHECK(rig.get("/").content_type == "text/html; charset=utf-8");
  CHECK(rig.get("/assets/").status == 404);
  CHECK(rig.get("/assets/../main.cpp").status == 404);
}

TEST_CASE("who has the same bytes already gets 304 and no body") {
  const Rig rig;
  const std::string etag = header(rig.get("/assets/app.js"), "ETag");
  REQUIRE(etag.size() == 18);
  for (const std::string& tags : {etag, "W/" + etag, "\"other\", " + etag, std::string{"*"}}) {
    const auto response = rig.get("/assets/app.js", {{"If-None-Match", tags}});
    CHECK(response.status == 304);
    CHECK(response.body.empty());
    CHECK(header(response, "ETag") == etag);
  }
  CHECK(rig.get("/assets/app.js", {{"If-None-Match", "\"other\""}}).status == 200);
}

TEST_CASE("the page asks nobody else for anything and holds no inline script or style") {
  for (const auto& asset : dashboard::assets()) {
    CAPTURE(asset.path);
    std::string body{asset.body};
    const std::string namespace_uri = "http://www.w3.org/2000/svg";
    if (const auto at = body.find(namespace_uri); at != std::string::npos)
      body.erase(at, namespace_uri.size());
    for (const char* banned : {"http:", "https:", "//cdn", "style=", "<style", "onclick=", "innerHTML",
                               "outerHTML", "insertAdjacentHTML", "document.write", "eval("})
      CHECK(body.find(banned) == std::string::npos);
  }
}

TEST_CASE("every file the page names is there") {
  const Rig rig;
  const std::string html = rig.get("/").body;
  for (const char* path : {"/assets/app.js", "/assets/style.css", "/assets/icon.svg"}) {
    CHECK(html.find(path) != std::string::npos);
    CHECK(rig.get(path).status == 200);
  }
  CHECK(rig.get("/assets/app.js").body.find("/assets/format.js") != std::string::npos);
  CHECK(rig.get("/assets/format.js").status == 200);
}

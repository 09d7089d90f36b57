"""`make bench`: how fast offers are made. The other files here run by themselves."""

from benchmarks.offer_latency import main

main()

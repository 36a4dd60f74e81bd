"""Kinds of source, one a file: all that are chosen by a name such as `folder:PATH`.

A kind of pictures of one domain states its form as `SOURCE` and has

    read(location, split, shape) -> Examples          all pictures in memory, or mapped into it
    stream(location, split, shape) -> Stream          one after the other; left out where they are in memory in any case
    classes(location) -> tuple[str, ...]              those of the training split, without its pictures; left out where
                                                      all splits have the same ones in any case

A kind of pictures of two domains states its form as `DOMAINS` and has

    read_domains(location, split, shape) -> DomainExamples
    stream_domains(location, split, shape) -> tuple[Stream, ...]     one of pairs, or one for each domain

A file may be both. It then has `has_domains(location) -> bool` if it can be streamed as either. `location` is what
follows the colon; a form with `wraps` gets the `Inner` source that is named there instead. There is no list to add a
file to: commands, messages and help take what they say of a kind from here.
"""

"""Runs: executing a chapter once, and reading the executed notebook back.

A *run* is one execution of a case. Its only artefact is the executed notebook;
`execute` makes it, `read` turns it into findings and sentences, `report` into a page.
"""
